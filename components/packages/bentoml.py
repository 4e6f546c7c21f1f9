"""BentoML: a project that `bentoml serve FOLDER` starts and `bentoml build FOLDER` makes a bento of."""

import json
from pathlib import Path

from components.embedded.requests import MAX_BODY_BYTES, MAX_ROWS
from components.embedded.server_config import ServerConfig
from components.packages.own_code import write_own_code
from components.packages.requirements import REQUIREMENTS_NAME, SERVICE, requirements
from components.packages.served import INSIDE, ServedArtifact, copy_file

SERVICE_MODULE = "components.embedded.server.service"
ARTIFACT_FOLDER = "artifact"
SETTINGS_NAME = "server.json"
# BentoML's own defaults: https://docs.bentoml.com/en/latest/reference/bentoml/configurations.html
HOST, PORT = "0.0.0.0", 3000  # noqa: S104 - a container is reached from outside


def write(served: ServedArtifact, folder: Path) -> tuple[str, ...]:
    """Write the project: the service of the embedded endpoint, its configuration, its libraries and the artifact."""
    copy_file(INSIDE / "bentoml_service.py", folder / "service.py")
    write_own_code(folder, SERVICE_MODULE)
    served.copy_files(folder / ARTIFACT_FOLDER, reference=True)
    (folder / SETTINGS_NAME).write_text(f"{_settings(served).model_dump_json(indent=2)}\n")
    (folder / REQUIREMENTS_NAME).write_text(requirements(served, *SERVICE))
    (folder / "bentofile.yaml").write_text(_bentofile(served))
    return ()


def _settings(served: ServedArtifact) -> ServerConfig:
    """Return the service's configuration; its paths are relative to the package and to the folder of the run."""
    settings = served.settings
    return ServerConfig(
        name=served.name,
        artifact_folder=ARTIFACT_FOLDER,
        artifact_sha256=served.artifact.sha256,
        model_version=served.version,
        host=HOST,
        port=PORT,
        workers=1,
        threads=settings.threads,
        streams=settings.streams,
        max_batch_size=settings.max_batch_size,
        concurrent_calls=settings.concurrent_calls,
        request_timeout_s=settings.request_timeout_s,
        max_concurrency=settings.max_concurrency,
        max_body_bytes=MAX_BODY_BYTES,
        max_rows=MAX_ROWS,
        cache_entries=settings.cache_entries,
        log_file="events.jsonl",
    )


def _bentofile(served: ServedArtifact) -> str:
    # JSON is YAML, and quotes what needs quotes.
    content = {
        "service": "service:Endpoint",
        "name": served.name,
        "labels": {"artifact_sha256": served.artifact.sha256, "candidate": served.manifest.name},
        "include": ["*"],
        "python": {"requirements_txt": REQUIREMENTS_NAME},
    }
    return f"{json.dumps(content, indent=2)}\n"

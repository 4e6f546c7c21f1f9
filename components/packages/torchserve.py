"""TorchServe: a model archive whose handler serves the artifact, whatever runtime it needs, and the server's properties."""

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from components.embedded.requests import MAX_BODY_BYTES
from components.packages.archive import write_zip
from components.packages.own_code import OWN_CODE, write_own_code
from components.packages.requirements import REQUIREMENTS_NAME, requirements
from components.packages.served import INSIDE, QUEUE_DELAY_US, ServedArtifact
from optimizers.errors import MissingExtra, ServingError

# Every module of ours that the handler imports by itself.
HANDLER_MODULES = ("components.embedded.server.model", "components.embedded.server_config", "optimizers.errors")
HANDLER = "torchserve_handler.py"
PROPERTIES_NAME = "config.properties"
# TorchServe counts whole milliseconds, and takes 0 for never.
MAX_BATCH_DELAY_MS = max(1, QUEUE_DELAY_US // 1000)
MANIFEST = "MAR-INF/MANIFEST.json"


def write(served: ServedArtifact, folder: Path) -> tuple[str, ...]:
    """
    Write `<name>.mar` with torch-model-archiver, `config.properties`, and `requirements.txt` for who installs it beforehand.

    Raises:
        MissingExtra: torch-model-archiver is not installed.
    """
    if find_spec("model_archiver") is None:
        raise MissingExtra("torchserve", "a package for TorchServe")
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        (Path(work) / "model-config.yaml").write_text(_model_config(served))
        (Path(work) / REQUIREMENTS_NAME).write_text(requirements(served))
        write_own_code(Path(work), *HANDLER_MODULES)
        # The archiver would copy the weights twice on their way, so they go straight into the archive.
        artifact = {f"artifact/{name}": served.folder / name for name in served.file_names(reference=True)}
        small = {OWN_CODE: Path(work, OWN_CODE), **_laid_out(served, Path(work))}
        write_zip(folder / f"{served.name}.mar", {**small, **artifact})
    (folder / PROPERTIES_NAME).write_text(_properties(served))
    (folder / REQUIREMENTS_NAME).write_text(requirements(served))
    return ()


def _laid_out(served: ServedArtifact, work: Path) -> dict[str, Path]:
    """Have the archiver lay the archive out as a folder, and return its files; packed by itself, it would hold times."""
    exported, temporary = work / "exported", work / "temporary"
    exported.mkdir()
    temporary.mkdir()
    command = [
        *(sys.executable, "-P", "-m", "model_archiver.model_packaging", "--archive-format", "no-archive"),
        *("--model-name", served.name, "--version", served.version, "--handler", str(INSIDE / HANDLER)),
        *("--config-file", str(work / "model-config.yaml"), "--requirements-file", str(work / REQUIREMENTS_NAME)),
        *("--export-path", str(exported)),
    ]
    # The archiver first removes what lies under the model's name in the temporary folder, so it gets one of its own.
    environment = {**os.environ, "TMPDIR": str(temporary)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    root = exported / served.name
    if result.returncode or not (root / MANIFEST).is_file():
        raise ServingError(f"torch-model-archiver failed: {_last_line(result.stderr)}; please report it")
    kept = [line for line in (root / MANIFEST).read_text().splitlines() if '"createdOn"' not in line]
    (root / MANIFEST).write_text("\n".join(kept) + "\n")
    return {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}


def _model_config(served: ServedArtifact) -> str:
    """
    Return `model-config.yaml`; its keys: https://github.com/pytorch/serve/blob/master/model-archiver/README.md#config-file.

    A worker is a process that computes one call after the other, so its session keeps one stream: calls at once are workers.
    """
    settings = served.settings
    return (
        f"minWorkers: {settings.concurrent_calls}\n"
        f"maxWorkers: {settings.concurrent_calls}\n"
        f"batchSize: {settings.max_batch_size}\n"
        f"maxBatchDelay: {MAX_BATCH_DELAY_MS}\n"
        f"responseTimeout: {settings.request_timeout_s}\n"
        "handler:\n"
        f"  threads: {settings.threads}\n"
        f"  max_batch_size: {settings.max_batch_size}\n"
    )


def _properties(served: ServedArtifact) -> str:
    """Return the server's properties; the ports are TorchServe's own, and only callers of predictions come from outside."""
    return (
        "inference_address=http://0.0.0.0:8080\n"
        "management_address=http://127.0.0.1:8081\n"
        "metrics_address=http://0.0.0.0:8082\n"
        f"load_models={served.name}.mar\n"
        f"job_queue_size={served.settings.max_concurrency}\n"
        f"max_request_size={MAX_BODY_BYTES}\n"
        f"max_response_size={MAX_BODY_BYTES}\n"
        f"default_response_timeout={served.settings.request_timeout_s}\n"
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]

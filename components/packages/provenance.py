"""`provenance.json`: what a package was made from and by what, as an in-toto statement with a SLSA provenance."""

from importlib.metadata import version
from typing import Any

from components.packages.served import ServedArtifact, ServedOriginal

PROVENANCE_NAME = "provenance.json"
# https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
# https://slsa.dev/spec/v1.0/provenance; it asks for URIs of the build's kind and of the builder.
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:model-serving:package:v1"
BUILDER = "urn:model-serving:serving-package"
DISTRIBUTION = "model-serving"


def provenance(served: ServedArtifact | ServedOriginal, platform: str, sums: dict[str, str]) -> dict[str, Any]:
    """
    Return the statement; the same artifact and settings give the same one, for it has no clock.

    Args:
        served: What is packaged.
        platform: The serving platform.
        sums: Path to sha256 of each file that the package holds besides the statement and the list of digests.
    """
    settings = served.settings
    external = {
        "platform": platform,
        "name": served.name,
        "max_batch_size": settings.max_batch_size,
        "threads": settings.threads,
        "streams": settings.streams,
        "accelerator": settings.accelerator.value,
    }
    internal, materials = _of_artifact(served) if isinstance(served, ServedArtifact) else _of_original(served)
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": path, "digest": {"sha256": sha256}} for path, sha256 in sums.items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": external,
                "internalParameters": internal,
                "resolvedDependencies": materials,
            },
            "runDetails": {"builder": {"id": BUILDER, "version": {DISTRIBUTION: version(DISTRIBUTION)}}},
        },
    }


def _of_artifact(served: ServedArtifact) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    manifest = served.manifest
    internal = {
        "candidate": manifest.name,
        "recipe_sha256": served.recipe_sha256,
        "passes": list(manifest.passes),
        "runtime": manifest.runtime.value,
        "precision": manifest.precision.value,
        "runtime_options": manifest.runtime_options,
    }
    libraries = [{"uri": f"pkg:pypi/{name}@{found}"} for name, found in sorted(served.versions.items())]
    model = _material("model", manifest.model_sha256)
    return internal, [model, _material("artifact", served.artifact.sha256), *libraries]


def _of_original(served: ServedOriginal) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return {"format": served.source.model_format.value}, [_material("model", served.model_sha256)]


def _material(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}

"""The libraries that a packaged service imports, pinned to the versions that it was tried with here."""

from importlib.metadata import PackageNotFoundError, version

from components.packages.served import ServedArtifact
from optimizers.vocabulary import Runtime

RUNTIMES = {Runtime.ONNXRUNTIME: "onnxruntime", Runtime.OPENVINO: "openvino", Runtime.PYTORCH: "torch"}
# What checks rows and runs the model; `components.embedded.server.model` imports it.
MODEL = ("numpy", "pydantic")
# What the service around it imports too.
SERVICE = ("bentoml", "httptools", "orjson", "prometheus-client", "psutil", "starlette", "uvloop")
TOKENIZERS = "tokenizers"
REQUIREMENTS_NAME = "requirements.txt"


def requirements(served: ServedArtifact, *more: str) -> str:
    """Return a requirements file: what answers rows with this artifact, and `more`."""
    text = (TOKENIZERS,) if served.manifest.tokenizer else ()
    names = sorted({*MODEL, RUNTIMES[served.manifest.runtime], *text, *more})
    return "".join(f"{pinned(name)}\n" for name in names)


def pinned(distribution: str) -> str:
    """Return the requirement of exactly the version that is installed here, or of any where none is."""
    try:
        return f"{distribution}=={version(distribution)}"
    except PackageNotFoundError:
        return distribution

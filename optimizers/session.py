"""A loaded model that answers, whatever library runs it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import ValidationError

from optimizers.artifact import MANIFEST_NAME, Manifest
from optimizers.configuration import Configuration
from optimizers.errors import ArtifactError, MissingExtra, first_line
from optimizers.vocabulary import Runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Session(Protocol):
    """A loaded model. `run` may be called from several threads at once."""

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch; axis 0 of each array is `batch`."""
        ...


@runtime_checkable
class TimedElsewhere(Session, Protocol):
    """A model in another process, where its calls are timed: the way there is not part of them."""

    def turn(self, inputs: Mapping[str, "NDArray[Any]"], calls: int, concurrency: int) -> tuple[list[float], float]:
        """Return the latencies in ms of `calls` calls by each of `concurrency` callers, and the seconds they took together."""
        ...


def read_manifest(folder: Path) -> Manifest:
    """
    Return the manifest of an artifact folder.

    Raises:
        ArtifactError: The manifest is missing or does not fit the format.
    """
    path = folder / MANIFEST_NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ArtifactError(f"{path}: not a readable manifest ({first_line(error)}); run `serving optimize`") from None


def open_session(folder: Path, threads: int, streams: int = 1) -> Session:
    """
    Load the artifact in `folder`.

    Args:
        folder: With the manifest.
        threads: Threads that compute one call.
        streams: Calls that are computed at once, each with threads of its own.

    Raises:
        ArtifactError: The artifact is incomplete or the runtime cannot load it.
        MissingExtra: The runtime is not installed.
    """
    manifest = read_manifest(folder)
    opener = OPENERS.get(manifest.runtime)
    if opener is None:
        raise ArtifactError(f"{folder}: `{manifest.runtime}` artifacts cannot be served; run `serving optimize`")
    return opener(folder / manifest.entry, manifest, Configuration(threads=threads, streams=streams))


def cannot_load(path: Path, error: Exception) -> ArtifactError:
    """Return the error for a model file that a runtime refuses, with the first line of the runtime's reason."""
    return ArtifactError(f"{path}: the runtime cannot load it ({first_line(error)}); run `serving optimize`")


def _onnxruntime(model: Path, manifest: Manifest, configuration: Configuration) -> Session:
    from optimizers.onnxruntime_session import OnnxRuntimeSession

    return OnnxRuntimeSession(model, configuration.threads, manifest.runtime_options, configuration.streams)


def _openvino(model: Path, manifest: Manifest, configuration: Configuration) -> Session:
    from optimizers.openvino_session import OpenVinoSession

    return OpenVinoSession(model, configuration.threads, manifest.runtime_options, configuration.streams)


def _torchscript(model: Path, manifest: Manifest, configuration: Configuration) -> Session:
    try:
        from optimizers.torchscript_session import open_torchscript
    except ImportError:
        raise MissingExtra("torch", "running a TorchScript model") from None
    return open_torchscript(model, manifest.signature, configuration.threads)


def _litert(model: Path, manifest: Manifest, configuration: Configuration) -> Session:
    from optimizers.litert_session import LiteRtSession

    return LiteRtSession(model, manifest.signature, configuration.threads)


def _coreml(model: Path, _manifest: Manifest, configuration: Configuration) -> Session:
    try:
        from optimizers.coreml_session import CoreMlReference
    except ImportError:
        raise MissingExtra("torch", "computing a Core ML model's answers") from None
    return CoreMlReference(model, configuration.threads)


def _tensorrt(model: Path, _manifest: Manifest, _configuration: Configuration) -> Session:
    try:
        from optimizers.tensorrt_session import TensorRtSession
    except ImportError:
        raise MissingExtra("torch", "running a TensorRT engine") from None
    return TensorRtSession(model)


def _migraphx(model: Path, manifest: Manifest, _configuration: Configuration) -> Session:
    from optimizers.migraphx_session import MiGraphXSession

    return MiGraphXSession(model, manifest.runtime_options)


# Each imports its library when it is called, so that no process loads another's.
OPENERS: Mapping[Runtime, Callable[[Path, Manifest, Configuration], Session]] = {
    Runtime.ONNXRUNTIME: _onnxruntime,
    Runtime.OPENVINO: _openvino,
    Runtime.PYTORCH: _torchscript,
    Runtime.LITERT: _litert,
    Runtime.COREML: _coreml,
    Runtime.TENSORRT: _tensorrt,
    Runtime.MIGRAPHX: _migraphx,
}

"""Run an ONNX model with ONNX Runtime on the CPU."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.errors import MissingExtra
from optimizers.session import cannot_load

if TYPE_CHECKING:
    from numpy.typing import NDArray

ERRORS_ONLY = 3


class OnnxRuntimeSession:
    """
    An ONNX Runtime session; ONNX Runtime allows concurrent calls itself.

    Args:
        model: The `.onnx` file.
        threads: Threads that compute one call.
        options: Session configuration entries, handed to ONNX Runtime as they are.

    Raises:
        ArtifactError: ONNX Runtime cannot load the file.
        MissingExtra: ONNX Runtime is not installed.
    """

    def __init__(self, model: Path, threads: int, options: Mapping[str, str]) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise MissingExtra("onnx", "running an ONNX model") from None
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = ERRORS_ONLY
        for key, value in options.items():
            settings.add_session_config_entry(key, value)
        try:
            self._session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no base class below Exception
            raise cannot_load(model, error) from error
        self._outputs: list[str] = [output.name for output in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        values: Sequence[Any] = self._session.run(self._outputs, dict(inputs))
        return dict(zip(self._outputs, values, strict=True))

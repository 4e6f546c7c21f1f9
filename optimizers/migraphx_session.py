"""Run an ONNX model on a GPU of AMD, which ONNX Runtime's MIGraphX provider compiles it for when it is loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.errors import ArtifactError, MissingExtra
from optimizers.session import cannot_load

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROVIDER = "MIGraphXExecutionProvider"
INSTALL_MIGRAPHX = "install AMD's `onnxruntime-migraphx` for your ROCm release, then `serving optimize --force`"


class MiGraphXSession:
    """
    An ONNX Runtime session on MIGraphX; ONNX Runtime allows concurrent calls itself.

    Args:
        model: The `.onnx` file.
        options: Options of the provider, handed over as they are.

    Raises:
        ArtifactError: The provider is not in this build of ONNX Runtime, or cannot compile the file.
        MissingExtra: ONNX Runtime is not installed.
    """

    def __init__(self, model: Path, options: Mapping[str, str]) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise MissingExtra("onnx", "running an ONNX model") from None
        if PROVIDER not in onnxruntime.get_available_providers():
            raise ArtifactError(f"{model}: this build of ONNX Runtime has no {PROVIDER}; {INSTALL_MIGRAPHX}")
        try:
            self._session = onnxruntime.InferenceSession(str(model), providers=[(PROVIDER, dict(options))])
        except Exception as error:  # its errors share no base class below Exception
            raise cannot_load(model, error) from error
        self._outputs: list[str] = [output.name for output in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        values: Any = self._session.run(self._outputs, dict(inputs))
        return dict(zip(self._outputs, values, strict=True))

"""Run an OpenVINO model on the CPU."""

from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from optimizers.errors import MissingExtra
from optimizers.session import cannot_load

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OpenVinoSession:
    """
    A compiled OpenVINO model; each call in flight has its own infer request, kept for the next call.

    Args:
        model: The `.xml` file, its `.bin` beside it.
        threads: Threads that compute one call.
        options: OpenVINO properties such as `INFERENCE_PRECISION_HINT`, handed on as they are.
        streams: Calls that are computed at once (`NUM_STREAMS`); OpenVINO keeps one copy of the weights for all.

    Raises:
        ArtifactError: OpenVINO cannot load the file.
        MissingExtra: OpenVINO is not installed.
    """

    def __init__(self, model: Path, threads: int, options: Mapping[str, str], streams: int = 1) -> None:
        try:
            import openvino
        except ImportError:
            raise MissingExtra("openvino", "running an OpenVINO model") from None
        properties = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": str(threads * streams),
            **options,
        }
        try:
            self._model = openvino.Core().compile_model(model, "CPU", properties)
        except RuntimeError as error:
            raise cannot_load(model, error) from error
        self._outputs: list[str] = [output.get_any_name() for output in self._model.outputs]
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._model.create_infer_request()
        try:
            results = request.infer(dict(inputs))
            return {name: results[index] for index, name in enumerate(self._outputs)}
        finally:
            self._idle.put(request)

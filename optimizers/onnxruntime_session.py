"""Run an ONNX model with ONNX Runtime on the CPU."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from optimizers.errors import MissingExtra
from optimizers.session import cannot_load

if TYPE_CHECKING:
    from numpy.typing import NDArray

ERRORS_ONLY = 3
PROVIDER = "CPUExecutionProvider"
# Codes, the path again and places in its source, which would leave no room for the reason.
PREFIX = re.compile(
    r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:Load model from .*? failed:)?(?:Exception during initialization: )?"
    r"(?:/\S+:\d+ .*? was false\. )?"
)


class OnnxRuntimeSession:
    """
    ONNX Runtime sessions that answer calls at once.

    One session takes any number of calls, which share its threads. Streams of more than one thread are sessions of their
    own, each with its copy of the weights, since calls of one session would wait for each other's threads.

    Args:
        model: The `.onnx` file.
        threads: Threads that compute one call.
        options: Session configuration entries, handed to ONNX Runtime as they are.
        streams: Calls that are computed at once.

    Raises:
        ArtifactError: ONNX Runtime cannot load the file.
        MissingExtra: ONNX Runtime is not installed.
    """

    def __init__(self, model: Path, threads: int, options: Mapping[str, str], streams: int = 1) -> None:
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
            sessions = [
                onnxruntime.InferenceSession(str(model), settings, providers=[PROVIDER])
                for _ in range(streams if threads > 1 else 1)
            ]
        except Exception as error:  # its errors share no base class below Exception
            raise cannot_load(model, told(error)) from error
        self._outputs: list[str] = [output.name for output in sessions[0].get_outputs()]
        self._session = sessions[0] if len(sessions) == 1 else None
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for session in sessions:
            self._idle.put(session)

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        session = self._session or self._idle.get()
        try:
            values: Sequence[Any] = session.run(self._outputs, dict(inputs))
        finally:
            if self._session is None:
                self._idle.put(session)
        return dict(zip(self._outputs, values, strict=True))


def told(error: BaseException) -> RuntimeError:
    """Return an error of ONNX Runtime with its reason alone."""
    return RuntimeError(PREFIX.sub("", str(error)))

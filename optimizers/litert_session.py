"""Run a `.tflite` model with LiteRT on the CPU."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.errors import MissingExtra
from optimizers.litert_file import tensor_names
from optimizers.session import cannot_load
from optimizers.signature import Signature

if TYPE_CHECKING:
    from numpy.typing import NDArray

ONE_ROW = 1


class LiteRtSession:
    """
    A LiteRT interpreter. It answers one call at a time: others wait, as on a device.

    Args:
        model: The `.tflite` file.
        signature: Names that callers use.
        threads: Threads that compute one call.

    Raises:
        ArtifactError: LiteRT cannot load the file.
        MissingExtra: LiteRT is not installed.
    """

    def __init__(self, model: Path, signature: Signature, threads: int) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise MissingExtra("edge", "running a LiteRT model") from None
        try:
            # From memory: the interpreter would keep a file mapped that a rebuild replaces.
            interpreter: Any = Interpreter(model_content=model.read_bytes(), num_threads=threads)
            self._inputs, self._outputs = tensor_names(interpreter, signature)
            self._runner: Any = interpreter.get_signature_runner()
        except Exception as error:  # its errors share no base class below Exception
            raise cannot_load(model, error) from error
        self._row_by_row = all(
            detail["shape_signature"][0] == ONE_ROW for detail in self._runner.get_input_details().values()
        )
        self._one_at_a_time = threading.Lock()

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        import numpy as np

        rows = len(next(iter(inputs.values())))
        with self._one_at_a_time:
            if not self._row_by_row or rows == ONE_ROW:
                return self._run(inputs)
            answers = [
                self._run({name: values[row : row + 1] for name, values in inputs.items()}) for row in range(rows)
            ]
        return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}

    def _run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        found = self._runner(**{called: inputs[name] for name, called in self._inputs.items()})
        return {name: found[called] for name, called in self._outputs.items()}

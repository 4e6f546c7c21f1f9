"""Run the original TensorFlow function. Imports tensorflow, so it is imported where a model is loaded."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TensorFlowSession:
    """
    A TensorFlow function on the CPU.

    Args:
        function: Takes the inputs by name and returns a dict of tensors.
    """

    def __init__(self, function: Callable[..., Mapping[str, Any]]) -> None:
        self._function = function

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        outputs = self._function(**{name: tf.constant(values) for name, values in inputs.items()})
        return {name: value.numpy() for name, value in outputs.items()}


def use_threads(threads: int) -> None:
    """Compute one operator with `threads` threads and one operator at a time; holds for the whole process, before it runs."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.set_visible_devices([], "GPU")

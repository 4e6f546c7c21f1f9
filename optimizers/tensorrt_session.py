"""Run a TensorRT engine on the GPU. Imports torch, whose tensors hold what goes in and comes out."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from optimizers.errors import ArtifactError
from optimizers.session import cannot_load
from optimizers.tensorrt_engine import INSTALL_TENSORRT

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TensorRtSession:
    """
    An engine and one execution context: calls take turns on the GPU.

    Args:
        engine: The `.plan` file.

    Raises:
        ArtifactError: TensorRT or the GPU is missing, or the engine belongs to another GPU or version.
    """

    def __init__(self, engine: Path) -> None:
        try:
            import tensorrt as trt  # pyright: ignore[reportMissingImports] # no extra has it
        except ImportError:
            raise ArtifactError(f"{engine}: TensorRT is not installed; {INSTALL_TENSORRT}") from None
        if not torch.cuda.is_available():
            raise ArtifactError(f"{engine}: torch sees no NVIDIA GPU here; deploy it on a machine that has one")
        runtime = trt.Runtime(trt.Logger(trt.Logger.ERROR))
        self._engine: Any = runtime.deserialize_cuda_engine(engine.read_bytes())
        if self._engine is None:
            raise cannot_load(engine, RuntimeError("it was built for another GPU architecture or TensorRT version"))
        self._context: Any = self._engine.create_execution_context()
        self._stream = torch.cuda.Stream()
        names = [self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)]
        self._outputs = [name for name in names if self._engine.get_tensor_mode(name) == trt.TensorIOMode.OUTPUT]
        self._types = {
            name: torch.from_numpy(_empty(trt.nptype(self._engine.get_tensor_dtype(name)))).dtype for name in names
        }
        self._one_at_a_time = threading.Lock()

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        with self._one_at_a_time, torch.cuda.stream(self._stream):
            # Held until the work is done: the engine knows addresses alone.
            held = {name: torch.from_numpy(array).cuda().contiguous() for name, array in inputs.items()}
            for name, tensor in held.items():
                self._context.set_input_shape(name, tuple(tensor.shape))
            for name in self._outputs:
                shape = tuple(self._context.get_tensor_shape(name))
                held[name] = torch.empty(shape, dtype=self._types[name], device="cuda")
            for name, tensor in held.items():
                self._context.set_tensor_address(name, tensor.data_ptr())
            if not self._context.execute_async_v3(self._stream.cuda_stream):
                raise RuntimeError(
                    "TensorRT cannot run this batch; it is outside the sizes that the engine was built for"
                )
            self._stream.synchronize()
            return {name: held[name].cpu().numpy() for name in self._outputs}


def _empty(kind: Any) -> "NDArray[Any]":  # noqa: ANN401 - a numpy type
    import numpy as np

    return np.empty(0, dtype=kind)

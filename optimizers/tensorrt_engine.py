"""Build a TensorRT engine from an ONNX model, on the machine with the GPU that will run it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.engine_tie import EngineTie
from optimizers.errors import UnsupportedModel
from optimizers.gpu import GpuVendor, detect_gpu
from optimizers.passes import Form, FormedModel
from optimizers.shape_profile import USUAL_PROFILE, ShapeProfile

ENGINE_FILE = "model.plan"
TENSORRT = "tensorrt"
INSTALL_TENSORRT = f"run `uv pip install {TENSORRT}`, then `serving optimize --force`"
WORKSPACE_BYTES = 1 << 30
# Kernels that were timed once are not timed again; it belongs to one kind of GPU and one version, and TensorRT checks that itself.
TIMING_CACHE = Path.home() / ".cache" / "model-serving" / "tensorrt-timing.cache"


@dataclass(frozen=True, slots=True)
class TensorRtEngine:
    """
    NVIDIA's compiler. The number formats are those of the graph: an engine is strongly typed, which is all that TensorRT 11 knows.

    Attributes:
        profile: Sizes that the engine takes.
        workspace_bytes: GPU memory that its kernels may use besides weights and activations.
    """

    profile: ShapeProfile = USUAL_PROFILE
    workspace_bytes: int = WORKSPACE_BYTES

    name: ClassVar[str] = "tensorrt"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.TENSORRT

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `model.plan`, and keep what was timed for the next engine.

        Raises:
            UnsupportedModel: There is no GPU of NVIDIA or no TensorRT here, or TensorRT cannot build the graph.
        """
        gpu = detect_gpu()
        if gpu is None or gpu.vendor is not GpuVendor.NVIDIA or gpu.architecture is None:
            raise UnsupportedModel(
                "this machine has no NVIDIA GPU with a driver; run `serving build-job` for one that has"
            )
        try:
            import tensorrt  # pyright: ignore[reportMissingImports] # no extra has it
        except ImportError:
            raise UnsupportedModel(f"TensorRT is not installed; {INSTALL_TENSORRT}") from None
        path = folder / ENGINE_FILE
        path.write_bytes(self._built(tensorrt, model))
        tie = EngineTie(architecture=gpu.architecture, runtime_version=str(tensorrt.__version__))
        return FormedModel(Form.TENSORRT, model.signature, path=path, engine=tie)

    def _built(self, trt: Any, model: FormedModel) -> bytes:  # noqa: ANN401 - the module
        builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
        network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
        parser = trt.OnnxParser(network, trt.Logger(trt.Logger.ERROR))
        if not parser.parse_from_file(str(model.file)):
            raise UnsupportedModel(f"TensorRT cannot read the graph ({parser.get_error(0).desc()})")
        config = builder.create_builder_config()
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, self.workspace_bytes)
        least, most = self.profile.least(model.signature), self.profile.most(model.signature)
        if least:
            profile = builder.create_optimization_profile()
            for name, usual in self.profile.usual(model.signature).items():
                profile.set_shape(name, least[name], usual, most[name])
            config.add_optimization_profile(profile)
        known = TIMING_CACHE.read_bytes() if TIMING_CACHE.is_file() else b""
        config.set_timing_cache(config.create_timing_cache(known), ignore_mismatch=False)
        engine = builder.build_serialized_network(network, config)
        if engine is None:
            raise UnsupportedModel("TensorRT cannot build an engine of this graph for these sizes")
        self._keep(config.get_timing_cache())
        return bytes(engine)

    def _keep(self, cache: Any) -> None:  # noqa: ANN401 - an ITimingCache
        from optimizers.atomic_file import write_atomically

        TIMING_CACHE.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(TIMING_CACHE, bytes(cache.serialize()))

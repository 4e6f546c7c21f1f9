"""A candidate's artifact holds everything that its last pass wrote."""

from pathlib import Path

from optimizers.artifact import MANIFEST_NAME, REFERENCE_NAME, Manifest
from optimizers.candidate_builder import BuiltIndex, CandidateBuilder
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.engine_tie import EngineTie
from optimizers.gpu import Gpu, GpuVendor
from optimizers.model_source import ModelSource
from optimizers.original_job import OriginalFacts
from optimizers.passes import Form
from optimizers.session import read_manifest
from optimizers.signature import Signature, TensorSpec
from optimizers.store import ArtifactStore
from optimizers.vocabulary import ModelFormat, Precision, Prediction, Runtime
from tests.support.folder_pass import FolderPass
from tests.support.locked_model import hardware
from tests.support.served_artifact import small_artifact
from tests.support.small_model import WIDTH, write_small_onnx

SIGNATURE = Signature(
    inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
    outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
)


def test_a_model_that_is_a_folder_is_stored_with_all_that_is_in_it(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    write_small_onnx(model)
    store = ArtifactStore(tmp_path / "store")
    with store.building() as work:
        builder = CandidateBuilder(
            store=store,
            index=BuiltIndex(store, "model", "recipe", hardware()),
            work=work,
            original=OriginalFacts(
                form=Form.ONNX,
                signature=SIGNATURE,
                path=model,
                runtime=Runtime.ONNXRUNTIME,
                tokenizer=None,
                tokenizer_file=None,
                load_time_s=0,
            ),
            source=ModelSource(location="model.onnx", path=model, model_format=ModelFormat.ONNX),
            model_sha256="a" * 64,
            threads=1,
            samples=work,
            reference='{"inputs": [{}], "outputs": [{}]}',
        )

        artifact = builder.build(CandidateRecipe("folder", Runtime.COREML, Precision.FP32, (FolderPass(),)))

    folder = store.verify(artifact)
    assert [item.path for item in artifact.files] == ["artifact.json", "model.package/data/weights"]
    assert (folder / read_manifest(folder).entry / "data/weights").read_bytes() == model.read_bytes()


def test_an_engine_of_another_gpu_is_not_found_again(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    with store.building() as work:
        folder = work / "engine"
        folder.mkdir()
        (folder / "model.engine").write_bytes(b"engine")
        manifest = Manifest(
            name="tensorrt-fp16", runtime=Runtime.TENSORRT, precision=Precision.FP16, entry="model.engine",
            signature=SIGNATURE, prediction=Prediction.NUMERIC, model_sha256="a" * 64, passes=("tensorrt",),
            engine=EngineTie(architecture="sm_90", runtime_version="11.1"),
        )  # fmt: skip
        (folder / MANIFEST_NAME).write_text(manifest.model_dump_json())
        (folder / REFERENCE_NAME).write_text('{"inputs": [{}], "outputs": [{}]}')
        artifact = store.add(folder)
    sm_90, sm_80 = (
        hardware().model_copy(update={"gpu": Gpu(vendor=GpuVendor.NVIDIA, model="GPU", architecture=architecture)})
        for architecture in ("sm_90", "sm_80")
    )
    BuiltIndex(store, "model", "recipe", sm_90).record(artifact)

    assert BuiltIndex(store, "model", "recipe", sm_90).find("tensorrt-fp16") == artifact
    assert BuiltIndex(store, "model", "recipe", sm_80).find("tensorrt-fp16") is None
    assert BuiltIndex(store, "model", "recipe", hardware()).find("tensorrt-fp16") is None


def test_what_another_kind_of_processor_quantized_is_not_found_again(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    artifact = small_artifact(store)
    exact = hardware().model_copy(update={"cpu_features": ("avx512_vnni",)})
    BuiltIndex(store, "model", "recipe", exact).record(artifact)

    assert BuiltIndex(store, "model", "recipe", exact).find(artifact.name) == artifact
    assert BuiltIndex(store, "model", "recipe", hardware()).find(artifact.name) is None

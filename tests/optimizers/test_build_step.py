"""Commands for nodes with an accelerator: what each compiler's own help asks for."""

import re

import pytest

from optimizers.build_step import BuildStep, build_step
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.goal import Goal
from optimizers.gpu import Gpu, GpuVendor
from optimizers.recipe import recipe_for
from optimizers.shape_profile import ShapeProfile, shapes_text
from optimizers.signature import Signature, TensorSpec
from optimizers.source_facts import SourceFacts
from optimizers.tensorrt_engine import TensorRtEngine
from optimizers.vocabulary import Accelerator, ModelFormat
from tests.support.locked_model import hardware

FACTS = SourceFacts(model_format=ModelFormat.PYTORCH, model_size_bytes=1)
TEXT = Signature(
    inputs=(
        TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name="image", shape=("batch", 3, 8, 8)),
        TensorSpec(name="fixed", shape=(1, 4)),
    ),
    outputs=(TensorSpec(name="scores", shape=("batch", 2)),),
)


def candidates(accelerator: Accelerator, **changes: object) -> dict[str, CandidateRecipe]:
    goal = Goal(latency_sla_ms=5, throughput_rps=1, threads=1, accelerator=accelerator)
    recipe = recipe_for(FACTS, goal.model_copy(update=changes), hardware())
    return {candidate.name: candidate for candidate in recipe.candidates}


def step(name: str, accelerator: Accelerator = Accelerator.GPU) -> BuildStep:
    return build_step(candidates(accelerator)[name], TEXT)


def test_trtexec_gets_the_graph_its_sizes_and_a_timing_cache() -> None:
    assert step("tensorrt-fp16").commands == (
        (
            "trtexec",
            "--onnx=/build/model.onnx",
            "--saveEngine=/build/output/model.plan",
            "--timingCacheFile=/build/cache/timing.cache",
            "--memPoolSize=workspace:1024M",
            "--stronglyTyped",
            "--skipInference",
            "--minShapes=input_ids:1x1,image:1x3x8x8",
            "--optShapes=input_ids:8x128,image:8x3x8x8",
            "--maxShapes=input_ids:32x512,image:32x3x8x8",
        ),
    )


def test_an_int8_engine_takes_its_number_formats_from_the_graph() -> None:
    quantizing = candidates(Accelerator.GPU)["tensorrt-int8"].passes

    assert step("tensorrt-int8").commands == step("tensorrt-fp16").commands
    assert [item.name for item in quantizing] == ["onnx-export", "onnx-static-int8", "tensorrt"]
    assert getattr(quantizing[1], "symmetric", False)


def test_migraphx_compiles_one_program_for_each_batch_size() -> None:
    commands = step("migraphx-fp16").commands

    assert [command[-1] for command in commands] == [f"/build/output/model-batch-{size}.mxr" for size in (1, 8, 32)]
    assert " ".join(commands[1]) == (
        "migraphx-driver compile --onnx /build/model.onnx --gpu --enable-offload-copy --fp16 "
        "--input-dim @input_ids 8 128 --input-dim @image 8 3 8 8 --binary --output /build/output/model-batch-8.mxr"
    )
    assert "--fp16" not in step("migraphx-int8").commands[0]


def test_neuron_runs_the_script_that_lies_beside_the_model() -> None:
    found = step("neuron-bf16", Accelerator.INFERENTIA)

    assert found.commands == (("python3", "/build/neuron_trace.py"),)


@pytest.mark.parametrize(
    ("name", "accelerator", "resource"),
    [
        ("tensorrt-fp16", Accelerator.GPU, "nvidia.com/gpu"),
        ("migraphx-int8", Accelerator.GPU, "amd.com/gpu"),
        ("neuron-bf16", Accelerator.INFERENTIA, "aws.amazon.com/neuron"),
    ],
)
def test_each_asks_for_its_accelerator_and_a_pinned_image(name: str, accelerator: Accelerator, resource: str) -> None:
    found = step(name, accelerator)

    assert found.resource == resource
    assert re.fullmatch(r"[\w./-]+:[\w.-]+", found.image)
    assert not found.image.endswith(":latest")


@pytest.mark.parametrize("accelerator", [Accelerator.GPU, Accelerator.INFERENTIA])
def test_without_the_accelerator_each_candidate_says_so_and_what_to_type(accelerator: Accelerator) -> None:
    refused = {
        name: item.refused
        for name, item in candidates(accelerator).items()
        if item.runtime in ("tensorrt", "migraphx", "neuron")
    }

    assert refused
    for reason in refused.values():
        assert reason is not None
        assert reason.startswith("not built: ")
        assert reason.endswith("run `serving build-job`, which writes what builds it on a node that has one")


def test_with_the_gpu_here_its_candidates_are_built_here() -> None:
    goal = Goal(latency_sla_ms=5, throughput_rps=1, accelerator=Accelerator.GPU)
    offered = {}
    for vendor in GpuVendor:
        machine = hardware().model_copy(update={"gpu": Gpu(vendor=vendor, model="GPU", architecture="x")})
        recipe = recipe_for(FACTS, goal, machine)
        offered[vendor] = {item.name for item in recipe.offered if item.runtime in ("tensorrt", "migraphx")}
        assert recipe.first_choice in offered[vendor]

    assert offered == {
        GpuVendor.NVIDIA: {"tensorrt-fp16", "tensorrt-int8"},
        GpuVendor.AMD: {"migraphx-fp16", "migraphx-int8"},
    }


@pytest.mark.parametrize(
    ("accelerator", "sla_ms", "quantization", "first"),
    [
        (Accelerator.GPU, 5, True, "tensorrt-fp16"),
        (Accelerator.GPU, 50, True, "tensorrt-int8"),
        (Accelerator.GPU, 50, False, "tensorrt-fp16"),
        (Accelerator.INFERENTIA, 5, True, "neuron-bf16"),
        (Accelerator.TPU, 5, True, "onnx-optimized"),
    ],
)
def test_the_tree_names_the_first_choice_of_an_accelerator(
    accelerator: Accelerator, sla_ms: int, quantization: bool, first: str
) -> None:
    goal = Goal(latency_sla_ms=sla_ms, throughput_rps=1, accelerator=accelerator, quantization=quantization)

    assert recipe_for(FACTS, goal, hardware()).first_choice == first


def test_processors_and_devices_see_nothing_of_accelerators() -> None:
    for found in (candidates(Accelerator.CPU), candidates(Accelerator.GPU, edge=True)):
        assert not {item.runtime for item in found.values()} & {"tensorrt", "migraphx", "neuron"}


def test_a_profile_never_chooses_kernels_for_more_than_it_takes() -> None:
    profile = ShapeProfile(usual_batch=64, largest_batch=4, usual_axis=128, longest_axis=16)

    assert profile.usual(TEXT) == {"input_ids": (4, 16), "image": (4, 3, 8, 8)}
    assert profile.most(TEXT) == profile.usual(TEXT)


def test_a_name_with_a_colon_is_quoted_as_trtexec_wants_it() -> None:
    assert shapes_text({"a:0": (1, 2), "b": (3,)}) == "'a:0':1x2,b:3"


def test_without_a_gpu_the_pass_itself_says_what_is_missing() -> None:
    from pathlib import Path

    from optimizers.errors import UnsupportedModel
    from optimizers.passes import Form, FormedModel

    with pytest.raises(UnsupportedModel, match="no NVIDIA GPU with a driver; run `serving build-job` for one that has"):
        TensorRtEngine().run(FormedModel(Form.ONNX, TEXT, path=Path("model.onnx")), Path())

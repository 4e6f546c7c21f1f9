"""The recipe follows from the model, the goal and the machine, and from nothing else."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.candidate_recipe import CandidateRecipe
from optimizers.goal import Goal, ParityThresholds
from optimizers.hardware import Hardware
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.openvino_int8 import OpenVinoInt8
from optimizers.passes import Form
from optimizers.recipe import LARGE_MODEL_BYTES, recipe_for
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import Accelerator, ModelFormat, Precision, Runtime
from tests.support.locked_model import hardware

GOAL = Goal(latency_sla_ms=50, throughput_rps=10, threads=1)
FACTS = SourceFacts(model_format=ModelFormat.PYTORCH, model_size_bytes=1)
PLAIN: tuple[str, ...] = ("avx2",)
AMX = ("amx_bf16", "amx_int8", "amx_tile", "avx2")
EVERYWHERE = frozenset({"onnx", "onnx-optimized", "onnx-fused", "onnx-fp16", "openvino-fp32", "openvino-fp16"})
INT8 = frozenset({"onnx-int8", "onnx-static-int8", "openvino-int8", "openvino-dynamic-int8"})
ORIGINAL_FORMS = {
    ModelFormat.PYTORCH: Form.TORCH_MODULE,
    ModelFormat.TORCHSCRIPT: Form.TORCHSCRIPT,
    ModelFormat.ONNX: Form.ONNX,
}
RESULT_FORMS = {
    Runtime.ONNXRUNTIME: {Form.ONNX, Form.ORT},
    Runtime.OPENVINO: {Form.OPENVINO},
    Runtime.PYTORCH: {Form.TORCHSCRIPT_FILE},
    Runtime.LITERT: {Form.LITERT},
    Runtime.COREML: {Form.COREML},
}
# What only these formats are tried as.
MORE_OF = {ModelFormat.PYTORCH: {"torchscript"}, ModelFormat.TORCHSCRIPT: {"torchscript"}, ModelFormat.ONNX: set[str]()}
PASSES = {
    "onnx": ("onnx-export",),
    "onnx-optimized": ("onnx-export", "onnx-graph"),
    "onnx-int8": ("onnx-export", "onnx-dynamic-int8"),
    "onnx-static-int8": ("onnx-export", "onnx-static-int8"),
    "onnx-fused": ("onnx-export", "onnx-fusion"),
    "onnx-fp16": ("onnx-export", "onnx-fp16"),
    "openvino-fp32": ("onnx-export", "openvino"),
    "openvino-fp16": ("onnx-export", "openvino"),
    "openvino-bf16": ("onnx-export", "openvino"),
    "torchscript": ("torchscript",),
    "openvino-int8": ("onnx-export", "openvino", "openvino-int8"),
    "openvino-dynamic-int8": ("onnx-export", "openvino", "openvino-int8"),
}
ARITHMETIC = {
    "openvino-fp32": "f32",
    "openvino-fp16": "f32",
    "openvino-bf16": "bf16",
    "openvino-int8": "f32",
    "openvino-dynamic-int8": "f32",
}


def test_int8_gives_up_at_parity_only_where_no_labels_decide() -> None:
    labelled = FACTS.model_copy(update={"settings": {"evaluation": "sha256 of it"}})

    for facts in (FACTS, labelled):
        passes = [item for candidate in recipe_for(facts, GOAL, machine()).candidates for item in candidate.passes]
        gives_up = {item.gives_up for item in passes if isinstance(item, OnnxStaticInt8 | OpenVinoInt8)}
        assert gives_up == {facts is FACTS}
    # What is not new is described as it was, so that locks stay as they are.
    described = [item.described() for item in recipe_for(FACTS, GOAL, machine()).candidates]
    assert "gives_up" not in str(described)


def machine(features: tuple[str, ...] = PLAIN) -> Hardware:
    return hardware().model_copy(update={"cpu_features": features})


def facts(model_format: ModelFormat = ModelFormat.PYTORCH, size_bytes: int = 1, **settings: str) -> SourceFacts:
    return SourceFacts(model_format=model_format, model_size_bytes=size_bytes, settings=settings)


def by_name(candidates: tuple[CandidateRecipe, ...]) -> dict[str, CandidateRecipe]:
    return {candidate.name: candidate for candidate in candidates}


@pytest.mark.parametrize("model_format", ORIGINAL_FORMS)
@pytest.mark.parametrize(
    ("features", "quantization", "more"),
    [
        (PLAIN, True, INT8),
        (PLAIN, False, set[str]()),
        (AMX, True, {*INT8, "openvino-bf16"}),
        (AMX, False, {"openvino-bf16"}),
        (("avx512_bf16",), False, {"openvino-bf16"}),
        (("bf16", "asimd"), False, set[str]()),
        ((), True, INT8),
    ],
)
def test_these_candidates_are_tried(
    model_format: ModelFormat, features: tuple[str, ...], quantization: bool, more: set[str]
) -> None:
    goal = GOAL.model_copy(update={"quantization": quantization})

    recipe = recipe_for(facts(model_format), goal, machine(features))

    assert {candidate.name for candidate in recipe.offered} == EVERYWHERE | MORE_OF[model_format] | more


def test_each_candidate_has_these_passes_and_this_arithmetic() -> None:
    found = by_name(recipe_for(FACTS, GOAL, machine()).candidates)

    assert {name: tuple(item.name for item in candidate.passes) for name, candidate in found.items()} == PASSES
    assert {
        name: candidate.runtime_options["INFERENCE_PRECISION_HINT"]
        for name, candidate in found.items()
        if candidate.runtime is Runtime.OPENVINO
    } == ARITHMETIC


@pytest.mark.parametrize("edge", [False, True])
@pytest.mark.parametrize(("model_format", "original"), ORIGINAL_FORMS.items())
def test_every_pass_takes_what_the_one_before_gives(edge: bool, model_format: ModelFormat, original: Form) -> None:
    recipe = recipe_for(facts(model_format), GOAL.model_copy(update={"edge": edge}), machine(AMX))

    for candidate in recipe.offered:
        form = original
        for item in candidate.passes:
            assert form in item.needs
            form = item.gives
        assert form in RESULT_FORMS[candidate.runtime]


@pytest.mark.parametrize(
    ("model_format", "names"),
    [
        (ModelFormat.TENSORFLOW, {"litert-fp32", "litert-fp16", "litert-int8"}),
        (ModelFormat.PYTORCH, {"coreml-fp32", "coreml-fp16", "coreml-int8"}),
        (ModelFormat.TORCHSCRIPT, {"coreml-fp32", "coreml-fp16", "coreml-int8"}),
        (ModelFormat.ONNX, set[str]()),
    ],
)
def test_devices_get_exports_and_nothing_else(model_format: ModelFormat, names: set[str]) -> None:
    recipe = recipe_for(facts(model_format), GOAL.model_copy(update={"edge": True}), machine(AMX))

    assert {candidate.name for candidate in recipe.offered} == {"ort-mobile-fp32", "ort-mobile-int8"} | names


def test_an_export_that_cannot_be_built_says_what_to_type() -> None:
    goal = GOAL.model_copy(update={"edge": True})

    refused = {item.name: item.refused for item in recipe_for(FACTS, goal, machine()).candidates if item.refused}

    assert refused == {
        "litert-fp32": "not built: TensorFlow's converter to LiteRT reads TensorFlow models; give a SavedModel or a Keras file",
        "litert-torch-fp32": "not built: litert-torch is not installed, which no extra does; run `uv pip install litert-torch`, "
        "then `serving optimize --force`",
    }


def test_litert_torch_is_used_where_it_is_installed() -> None:
    installed = FACTS.model_copy(update={"converters": ("litert-torch",)})
    recipe = recipe_for(installed, GOAL.model_copy(update={"edge": True}), machine())

    assert "litert-torch-fp32" in by_name(recipe.offered)


@pytest.mark.parametrize(
    ("model_format", "quantization", "first"),
    [
        (ModelFormat.TENSORFLOW, True, "litert-int8"),
        (ModelFormat.TENSORFLOW, False, "litert-fp32"),
        (ModelFormat.ONNX, True, "ort-mobile-int8"),
        (ModelFormat.PYTORCH, False, "ort-mobile-fp32"),
    ],
)
def test_the_first_choice_on_devices_follows_the_format(
    model_format: ModelFormat, quantization: bool, first: str
) -> None:
    goal = GOAL.model_copy(update={"edge": True, "quantization": quantization})

    assert recipe_for(facts(model_format), goal, machine()).first_choice == first


def test_what_is_not_built_says_why() -> None:
    goal = GOAL.model_copy(update={"quantization": False})
    refused = {
        candidate.name: candidate.refused
        for candidate in recipe_for(FACTS, goal, machine()).candidates
        if candidate.refused
    }

    assert refused == {
        **dict.fromkeys(INT8, "not built: quantization is off in the spec (`optimization.quantization`)"),
        "openvino-bf16": "not built: Test CPU has no BF16 arithmetic (avx512_bf16 or amx_bf16)",
    }


@pytest.mark.parametrize(
    ("sla_ms", "size_bytes", "quantization", "first", "why"),
    [
        (1, 1, True, "openvino-fp32", "under 10 ms"),
        (9, LARGE_MODEL_BYTES, False, "openvino-fp32", "under 10 ms"),
        (10, 1, True, "onnx-static-int8", "is small"),
        (10, LARGE_MODEL_BYTES - 1, True, "onnx-static-int8", "is small"),
        (10, LARGE_MODEL_BYTES, True, "onnx-int8", "50 MB is large"),
        (100, LARGE_MODEL_BYTES, True, "onnx-int8", "is large"),
        (100, LARGE_MODEL_BYTES, False, "onnx-optimized", "quantization is off"),
        (101, LARGE_MODEL_BYTES, True, "onnx-optimized", "over 100 ms"),
    ],
)
def test_the_tree_names_the_first_choice_and_its_branch(
    sla_ms: int, size_bytes: int, quantization: bool, first: str, why: str
) -> None:
    goal = GOAL.model_copy(update={"latency_sla_ms": sla_ms, "quantization": quantization})

    recipe = recipe_for(facts(size_bytes=size_bytes), goal, machine())

    assert recipe.first_choice == first
    assert why in recipe.why


def test_an_accelerator_without_a_recipe_gets_the_portable_graph_and_says_so() -> None:
    recipe = recipe_for(FACTS, GOAL.model_copy(update={"accelerator": Accelerator.TPU}), machine())

    assert recipe.first_choice == "onnx-optimized"
    assert recipe.why == "nothing here compiles for `tpu`, so the portable graph comes first"


GOALS = st.builds(
    Goal,
    latency_sla_ms=st.integers(1, 1000),
    throughput_rps=st.integers(1, 1000),
    accelerator=st.sampled_from(Accelerator),
    quantization=st.booleans(),
    threads=st.none() | st.integers(1, 64),
    edge=st.booleans(),
)
FEATURES = st.lists(st.sampled_from(["avx2", "avx512_bf16", "amx_bf16", "amx_tile", "bf16"]), unique=True).map(tuple)


@given(goal=GOALS, size_bytes=st.integers(0, 10**12), features=FEATURES)
def test_the_first_choice_is_always_offered(goal: Goal, size_bytes: int, features: tuple[str, ...]) -> None:
    recipe = recipe_for(facts(size_bytes=size_bytes), goal, machine(features))

    # An accelerator that is not in this machine builds its candidate elsewhere.
    here = goal.edge or goal.accelerator in {Accelerator.CPU, Accelerator.TPU}
    assert recipe.first_choice in by_name(recipe.offered if here else recipe.candidates)
    assert len(by_name(recipe.candidates)) == len(recipe.candidates)


@given(goal=GOALS, features=FEATURES, other=FEATURES)
def test_every_machine_has_the_same_digest(goal: Goal, features: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert recipe_for(FACTS, goal, machine(features)).sha256 == recipe_for(FACTS, goal, machine(other)).sha256


@given(goal=GOALS, sla_ms=st.integers(1, 1000), rps=st.integers(1, 1000))
def test_a_changed_sla_or_traffic_builds_nothing_again(goal: Goal, sla_ms: int, rps: int) -> None:
    changed = goal.model_copy(update={"latency_sla_ms": sla_ms, "throughput_rps": rps})

    assert recipe_for(FACTS, goal, machine()).sha256 == recipe_for(FACTS, changed, machine()).sha256


def test_whatever_decides_the_result_changes_the_digest() -> None:
    changed = [
        recipe_for(FACTS, GOAL, machine()),
        recipe_for(FACTS, GOAL.model_copy(update={"quantization": False}), machine()),
        recipe_for(FACTS, GOAL.model_copy(update={"threads": 2}), machine()),
        recipe_for(FACTS, GOAL.model_copy(update={"edge": True}), machine()),
        recipe_for(FACTS, GOAL.model_copy(update={"accelerator": Accelerator.GPU}), machine()),
        recipe_for(FACTS, GOAL.model_copy(update={"thresholds": ParityThresholds(cosine=0.5)}), machine()),
        recipe_for(facts(onnx="1.0"), GOAL, machine()),
        recipe_for(facts(onnx="1.1"), GOAL, machine()),
        recipe_for(facts(samples="1.1"), GOAL, machine()),
    ]

    assert all(a.sha256 != b.sha256 for a, b in itertools.combinations(changed, 2))


def test_int8_and_bf16_are_called_what_they_are() -> None:
    found = by_name(recipe_for(FACTS, GOAL, machine()).candidates)

    assert {name: candidate.precision for name, candidate in found.items()} == {
        "onnx": Precision.FP32,
        "onnx-optimized": Precision.FP32,
        "onnx-int8": Precision.INT8,
        "onnx-static-int8": Precision.INT8,
        "onnx-fused": Precision.FP32,
        "onnx-fp16": Precision.FP16,
        "openvino-fp32": Precision.FP32,
        "openvino-fp16": Precision.FP16,
        "openvino-bf16": Precision.BF16,
        "torchscript": Precision.FP32,
        "openvino-int8": Precision.INT8,
        "openvino-dynamic-int8": Precision.INT8,
    }

"""Each pass takes the forms that it says, gives the form that it says, and refuses the rest by name."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from optimizers.candidate_builder import BuiltIndex, CandidateBuilder
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.onnx_cleaning import check_opset, rename_outputs, save_clean
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.original_job import OriginalFacts
from optimizers.pass_process import PassFailed
from optimizers.passes import Form, FormedModel, Pass
from optimizers.signature import Signature, TensorSpec
from optimizers.store import ArtifactStore
from optimizers.vocabulary import ModelFormat, Precision, Runtime
from tests.support.locked_model import hardware
from tests.support.small_model import WIDTH, write_small_onnx

ORIGINALS = frozenset({Form.TORCH_MODULE, Form.TORCHSCRIPT, Form.ONNX, Form.TORCH_EXPORT})
SUPPORT: list[tuple[Pass, str, frozenset[Form], Form]] = [
    (OnnxExport(), "onnx-export", ORIGINALS, Form.ONNX),
    (OnnxGraphOptimization(), "onnx-graph", frozenset({Form.ONNX}), Form.ONNX),
    (OnnxDynamicInt8(), "onnx-dynamic-int8", frozenset({Form.ONNX}), Form.ONNX),
    (OnnxFp16(), "onnx-fp16", frozenset({Form.ONNX}), Form.ONNX),
    (OpenVinoConversion(), "openvino", frozenset({Form.ONNX}), Form.OPENVINO),
    (OpenVinoConversion(fp16_weights=True), "openvino", frozenset({Form.ONNX}), Form.OPENVINO),
]
PASSES = [item for item, *_ in SUPPORT]
SIGNATURE = Signature(
    inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
    outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
)


@pytest.fixture
def small(tmp_path: Path) -> FormedModel:
    path = tmp_path / "small.onnx"
    write_small_onnx(path)
    return FormedModel(Form.ONNX, SIGNATURE, path=path)


@pytest.mark.parametrize(("item", "name", "needs", "gives"), SUPPORT)
def test_the_support_matrix_is_this(item: Pass, name: str, needs: frozenset[Form], gives: Form) -> None:
    assert (item.name, item.needs, item.gives) == (name, needs, gives)


@pytest.mark.parametrize("item", PASSES)
def test_a_pass_is_a_value_that_candidates_can_share(item: Pass) -> None:
    same = type(item)(**{name: getattr(item, name) for name in item.__slots__})  # type: ignore[attr-defined]

    assert len({item, same}) == 1


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("item", PASSES)
def test_a_form_that_a_pass_does_not_need_is_refused_before_it_runs(tmp_path: Path, item: Pass, form: Form) -> None:
    if form in item.needs:
        return
    store = ArtifactStore(tmp_path / "store")
    source = ModelSource(location="model", path=tmp_path, model_format=ModelFormat.ONNX)
    (tmp_path / "store").mkdir()
    builder = CandidateBuilder(
        store=store,
        index=BuiltIndex(store, "m", "r", hardware()),
        work=tmp_path / "store",
        original=OriginalFacts(
            form=form,
            signature=SIGNATURE,
            path=None,
            runtime=Runtime.PYTORCH,
            tokenizer=None,
            tokenizer_file=None,
            load_time_s=0,
        ),
        source=source,
        model_sha256="m",
        threads=1,
        samples=tmp_path / "samples",
        reference="{}",
    )

    with pytest.raises(PassFailed, match=f"^{item.name} needs .*, got {form}$"):
        builder.build(CandidateRecipe("candidate", Runtime.ONNXRUNTIME, Precision.FP32, (item,)))


@pytest.mark.parametrize("form", [Form.TORCH_MODULE, Form.TORCHSCRIPT])
def test_a_model_in_memory_has_no_file(form: Form) -> None:
    with pytest.raises(UnsupportedModel, match=f"a {form} model has no file; export it first"):
        _ = FormedModel(form, SIGNATURE).file


@pytest.mark.parametrize("item", PASSES)
def test_a_pass_writes_its_form_into_its_folder_and_leaves_the_model_alone(
    tmp_path: Path, small: FormedModel, item: Pass
) -> None:
    before = small.file.read_bytes()
    folder = tmp_path / "result"
    folder.mkdir()

    result = item.run(small, folder)

    assert (result.form, result.signature) == (item.gives, small.signature)
    assert result.file.parent == folder
    assert small.file.read_bytes() == before
    expected = {"model.xml", "model.bin"} if item.gives is Form.OPENVINO else {"model.onnx"}
    assert {path.name for path in folder.iterdir()} == expected


@pytest.mark.parametrize(("item", "error"), [(OnnxExport(), 0), (OnnxGraphOptimization(), 1e-5), (OnnxFp16(), 1e-2)])
def test_a_pass_keeps_the_answers(tmp_path: Path, small: FormedModel, item: Pass, error: float) -> None:
    folder = tmp_path / "result"
    folder.mkdir()
    rows = np.random.default_rng(1).standard_normal((3, WIDTH)).astype(np.float32)

    before, after = (
        OnnxRuntimeSession(path, 1, {}).run({"input": rows})["output"]
        for path in (small.file, item.run(small, folder).file)
    )

    assert np.abs(after - before).max() <= error


def model(opset: int = 17, domain: str = "", names: tuple[str, ...] = ("a", "b")) -> Any:
    """Return a chain `x -> name -> name …` of which every value is an output."""
    nodes = [
        helper.make_node("Identity", [source], [target])
        for source, target in zip(("x", *names[:-1]), names, strict=True)
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch"]) for name in ("x", *names)]
    graph = helper.make_graph(nodes, "graph", values[:1], values[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(domain, opset)], ir_version=9)


@pytest.mark.parametrize("domain", ["", "ai.onnx"])
@pytest.mark.parametrize(
    ("found", "asked", "accepted"),
    [(14, None, True), (13, None, False), (18, 18, True), (18, 17, False), (17, 18, False), (13, 13, False)],
)
def test_an_opset_that_was_not_asked_for_is_refused(domain: str, found: int, asked: int | None, accepted: bool) -> None:
    if accepted:
        check_opset(model(found, domain), asked)
        return
    with pytest.raises(UnsupportedModel, match=f"gave opset {found}; {asked or 14} is needed; upgrade"):
        check_opset(model(found, domain), asked)


def test_a_model_of_another_operator_set_alone_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="gave opset 0; 14 is needed"):
        check_opset(model(18, "com.example"), None)


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "x1"]), min_size=1, max_size=4, unique=True)


@given(inner=WORDS, wanted=WORDS)
def test_outputs_get_their_names_and_the_graph_stays_connected(inner: list[str], wanted: list[str]) -> None:
    names = (inner * len(wanted))[: len(wanted)] if len(inner) < len(wanted) else inner
    if len(set(names)) != len(names):
        return
    found = model(names=tuple(names))
    outputs = [*found.graph.output][-len(wanted) :]
    del found.graph.output[:]
    found.graph.output.extend(outputs)

    rename_outputs(found, tuple(wanted))

    assert [output.name for output in found.graph.output] == wanted
    onnx.checker.check_model(found)


def test_nothing_of_the_machine_that_wrote_a_model_is_kept(tmp_path: Path) -> None:
    first, second = model(), model()
    second.doc_string = "/home/somebody"
    second.producer_name, second.producer_version = "exporter", "1"
    second.graph.doc_string = second.graph.node[0].doc_string = "/home/somebody/model.py:3"
    second.metadata_props.add(key="path", value="/home/somebody")
    second.graph.node[0].metadata_props.add(key="stack", value="/home/somebody/model.py:3")

    save_clean(first, tmp_path / "first.onnx")
    save_clean(second, tmp_path / "second.onnx")

    assert (tmp_path / "first.onnx").read_bytes() == (tmp_path / "second.onnx").read_bytes()


@pytest.mark.parametrize("item", [OpenVinoConversion(), OpenVinoConversion(fp16_weights=True)])
def test_openvino_writes_the_same_bytes_whatever_the_process_converted_before(
    small: FormedModel, tmp_path: Path, item: OpenVinoConversion
) -> None:
    written = list[list[bytes]]()
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        item.run(small, tmp_path / name)
        written.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])

    assert written[0] == written[1]

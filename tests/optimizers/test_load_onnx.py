"""What an ONNX file says of its inputs and outputs is checked before anything is served."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from optimizers.errors import ServingError, UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import Original, load_original
from optimizers.rows import RowEncoder
from optimizers.signature import TensorSpec
from optimizers.vocabulary import ModelFormat
from tests.optimizers.test_rows import manifest
from tests.support.small_tokenizer import write_small_tokenizer

HIDDEN = 4
BATCH_AND_TOKENS = ("n", "length")


def value(name: str, shape: Sequence[int | str | None] | None, dtype: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def write(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: Sequence[Any] = ()) -> Path:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def load(path: Path) -> Original:
    return load_original(ModelSource(location="model", path=path, model_format=ModelFormat.ONNX), 1)


def refused(path: Path) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(UnsupportedModel) as caught:
        load(path)
    said = str(caught.value)
    assert ";" in said, "a refusal ends with what to do"
    assert "\n" not in said
    return said


def identity(path: Path, shape: Sequence[int | str | None] | None, dtype: int = TensorProto.FLOAT) -> Path:
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    return write(path, nodes, [value("x", shape, dtype)], [value("y", shape, dtype)])


def cast(path: Path, source: int, to: int) -> Path:
    nodes = [helper.make_node("Cast", ["x"], ["y"], to=to)]
    return write(path, nodes, [value("x", ["n", 2], source)], [value("y", ["n", 2], to)])


def test_an_output_of_texts_is_refused(tmp_path: Path) -> None:
    said = refused(cast(tmp_path / "m.onnx", TensorProto.FLOAT, TensorProto.STRING))

    assert "`y` holds text; served are float16" in said
    assert "give its scores, not its labels" in said


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        (TensorProto.STRING, "`x` holds text"),
        (TensorProto.BFLOAT16, "`x` holds bfloat16"),
        (TensorProto.FLOAT8E4M3FN, "`x` holds float8_e4m3fn"),
        (TensorProto.COMPLEX64, "`x` holds complex64"),
    ],
)
def test_an_input_that_json_numbers_cannot_fill_is_refused(tmp_path: Path, dtype: int, said: str) -> None:
    assert said in refused(identity(tmp_path / "m.onnx", ["n", 2], dtype))


def test_an_output_that_is_no_tensor_is_refused_for_what_it_is(tmp_path: Path) -> None:
    nodes = [helper.make_node("SequenceConstruct", ["x"], ["y"])]
    output = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, ["n", 2])

    said = refused(write(tmp_path / "m.onnx", nodes, [value("x", ["n", 2])], [output]))

    assert "`y` is of the kind sequence; only tensors can be served" in said


def test_a_model_without_inputs_is_refused(tmp_path: Path) -> None:
    constant = helper.make_tensor("c", TensorProto.FLOAT, [2], [1.0, 2.0])
    nodes = [helper.make_node("Identity", ["c"], ["y"])]

    assert "the model has no inputs" in refused(write(tmp_path / "m.onnx", nodes, [], [value("y", ["n"])], [constant]))


def test_a_model_whose_only_input_is_a_constant_has_no_inputs(tmp_path: Path) -> None:
    constant = helper.make_tensor("c", TensorProto.FLOAT, [2], [1.0, 2.0])
    nodes = [helper.make_node("Identity", ["c"], ["y"])]
    path = write(tmp_path / "m.onnx", nodes, [value("c", [2])], [value("y", ["n"])], [constant])

    assert "the model has no inputs" in refused(path)


def test_a_model_without_outputs_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Identity", ["x"], ["y"])]

    assert "the model has no outputs" in refused(write(tmp_path / "m.onnx", nodes, [value("x", ["n"])], []))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ([1, 2], "`x` has a batch axis of size 1"),
        ([-1, 2], "`x` has a batch axis of size -1"),
        (["n", -1], "`x` has an axis of size -1; a dynamic axis has a name"),
        ([], "`x` has no batch axis"),
        (None, "Field 'shape' of 'type' is required but missing"),
    ],
)
def test_an_axis_that_cannot_be_batched_is_named(tmp_path: Path, shape: list[int | str] | None, said: str) -> None:
    assert said in refused(identity(tmp_path / "m.onnx", shape))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (["n"], ("batch",)),
        ([None], ("batch",)),
        (["n", 3], ("batch", 3)),
        (["n", None, "w"], ("batch", "x_axis_1", "w")),
        ([None, None, None], ("batch", "x_axis_1", "x_axis_2")),
    ],
)
def test_axes_keep_their_names_and_sizes(tmp_path: Path, shape: list[Any], expected: tuple[Any, ...]) -> None:
    assert load(identity(tmp_path / "m.onnx", shape)).model.signature.inputs == (TensorSpec(name="x", shape=expected),)


def text_model(
    folder: Path,
    ids: Sequence[int | str | None] = BATCH_AND_TOKENS,
    output: Sequence[int | str | None] = ("n", "length", HIDDEN),
    *,
    dtype: int = TensorProto.INT64,
    pooled: bool = False,
) -> Path:
    """Write a folder whose model looks up a vector for each token; `pooled` adds the vectors of a text."""
    table = helper.make_tensor("table", TensorProto.FLOAT, [9, HIDDEN], [float(number) for number in range(36)])
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["vectors" if pooled else "y"])]
    if pooled:
        nodes.append(helper.make_node("ReduceMax", ["vectors"], ["y"], axes=[1], keepdims=0))
    write(folder / "model.onnx", nodes, [value("input_ids", ids, dtype)], [value("y", output)], [table])
    write_small_tokenizer(folder / "tokenizer.json")
    return folder


@pytest.mark.parametrize("ids", [BATCH_AND_TOKENS, (None, None), ("n", None), (None, "length"), ("same", "same")])
@pytest.mark.parametrize("output", [(None, None, HIDDEN), (None, None, None), ("n", None, HIDDEN)])
def test_the_tokens_of_a_text_model_need_no_name(
    tmp_path: Path, ids: Sequence[str | None], output: Sequence[int | str | None]
) -> None:
    signature = load(text_model(tmp_path, ids, output)).model.signature

    assert signature.inputs[0].shape == ("batch", "sequence")
    assert signature.outputs == (TensorSpec(name="y", shape=("batch", "sequence", HIDDEN)),)


@pytest.mark.parametrize("ids", [BATCH_AND_TOKENS, (None, None)])
def test_an_unnamed_axis_of_a_pooled_output_is_not_taken_for_tokens(tmp_path: Path, ids: Sequence[str | None]) -> None:
    original = load(text_model(tmp_path, ids, (None, None), pooled=True))
    signature = original.model.signature
    encoder = RowEncoder(manifest(signature.inputs, signature.outputs, original.tokenizer), tmp_path)

    inputs = encoder.encode([[4], [5, 6, 7]])

    assert signature.outputs == (TensorSpec(name="y", shape=("batch", HIDDEN)),)
    assert [len(answer) for answer in encoder.answers(original.session.run(inputs), inputs)] == [HIDDEN, HIDDEN]


@pytest.mark.parametrize(
    ("ids", "dtype", "said"),
    [
        (("n",), TensorProto.INT64, "`input_ids` holds int64 of the shape (batch); a text model takes int64"),
        (("n", 16), TensorProto.INT64, "`input_ids` holds int64 of the shape (batch, 16); a text model"),
        (("n", "m", "k"), TensorProto.INT64, "`input_ids` holds int64 of the shape (batch, m, k); a text model"),
    ],
)
def test_token_inputs_of_another_shape_are_refused(
    tmp_path: Path, ids: Sequence[int | str], dtype: int, said: str
) -> None:
    assert said in refused(text_model(tmp_path, ids, [*ids, HIDDEN], dtype=dtype))


def test_token_inputs_that_are_no_whole_numbers_are_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Identity", ["input_ids"], ["y"])]
    write(tmp_path / "model.onnx", nodes, [value("input_ids", BATCH_AND_TOKENS)], [value("y", BATCH_AND_TOKENS)])
    write_small_tokenizer(tmp_path / "tokenizer.json")

    assert "`input_ids` holds float32 of the shape (batch, length)" in refused(tmp_path)


@pytest.mark.parametrize("shape", [("n",), ("n", 2)])
def test_other_inputs_beside_a_tokenizer_are_refused_by_name(tmp_path: Path, shape: Sequence[int | str]) -> None:
    identity(tmp_path / "model.onnx", shape)
    write_small_tokenizer(tmp_path / "tokenizer.json")

    assert "has a tokenizer.json, and its inputs are ['x']" in refused(tmp_path)


@pytest.mark.parametrize("config", ["[]", '"text"', "{", '{"vocab_size": "many"}', '{"pad_token_id": [1]}'])
def test_a_config_of_the_wrong_shape_is_named(tmp_path: Path, config: str) -> None:
    text_model(tmp_path)
    (tmp_path / "config.json").write_text(config)

    assert str(tmp_path / "config.json") in refused(tmp_path)


def test_a_model_that_fails_on_tokens_is_refused_when_its_axes_have_to_be_learnt(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["vectors"]),
        helper.make_node("Reshape", ["vectors", "shape"], ["y"]),
    ]
    constants = [
        helper.make_tensor("table", TensorProto.FLOAT, [9, HIDDEN], [0.0] * 36),
        helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 7]),
    ]
    inputs = [value("input_ids", BATCH_AND_TOKENS, TensorProto.INT64)]
    write(tmp_path / "model.onnx", nodes, inputs, [value("y", [None, None])], constants)
    write_small_tokenizer(tmp_path / "tokenizer.json")

    with pytest.raises(ServingError, match=r"does not run on|axis 0 must be the batch"):
        load(tmp_path)


def test_the_checker_accepts_the_models_of_these_tests(tmp_path: Path) -> None:
    onnx.checker.check_model(text_model(tmp_path) / "model.onnx", full_check=True)

"""An operator that ONNX Runtime does not have is named in one line, with the nearest that it has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from optimizers import onnx_operators
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import load_original
from optimizers.vocabulary import ModelFormat

FLOAT = TensorProto.FLOAT
NEWEST = max(item.since_version for item in onnx_operators.RUNTIME.get_all_operator_schema() if item.domain == "")


def node(name: str, domain: str = "", **attributes: Any) -> Any:
    return helper.make_node(name, ["x"], ["y"], domain=domain, **attributes)


def write(
    path: Path, nodes: Sequence[Any], opsets: dict[str, int], dtype: int = FLOAT, functions: Sequence[Any] = ()
) -> Path:
    ends = [helper.make_tensor_value_info(name, dtype, ["batch", 4]) for name in ("x", "y")]
    graph = helper.make_graph(list(nodes), "graph", ends[:1], ends[1:])
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10, functions=list(functions))
    path.write_bytes(model.SerializeToString())
    return path


def load(path: Path) -> None:
    load_original(ModelSource(location="model", path=path, model_format=ModelFormat.ONNX), 1)


def refused(path: Path) -> str:
    """Return the sentence of the refusal after the path, which it names once."""
    with pytest.raises(UnsupportedModel) as caught:
        load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert said.count(str(path)) == 1
    assert ";" in said, "a refusal ends with what to do"
    assert "\n" not in said
    assert "damaged" not in said
    return said.removeprefix(f"{path}: ")


OUTSIDE = "export the model with operators that are there, or compute it outside the model"


@pytest.mark.parametrize(
    ("nodes", "opsets", "said"),
    [
        (
            [node("Relux")],
            {"": 18},
            f"has operators that onnxruntime does not have: `Relux`; nearest to `Relux` it has `Relu`, `PRelu`, `Selu`; {OUTSIDE}",
        ),
        (
            [node("BiasGeluu", "my.ops")],
            {"": 18, "my.ops": 1},
            (
                "has operators that onnxruntime does not have: `BiasGeluu` of `my.ops`; "
                "nearest to `BiasGeluu` of `my.ops` it has `BiasGelu` of `com.microsoft`, "
            ),
        ),
        (
            [node("QuickGel", "com.microsoft")],
            {"": 18, "com.microsoft": 1},
            (
                "has operators that onnxruntime does not have: `QuickGel` of `com.microsoft`; "
                "nearest to `QuickGel` of `com.microsoft` it has `QuickGelu` of `com.microsoft`; "
            ),
        ),
        (
            [node("Zzyzx")],
            {"": 18},
            "does not have: `Zzyzx`; export the model with operators of ONNX, or compute it outside the model",
        ),
        ([node(f"Zzyzx{number}") for number in range(7)], {"": 18}, "`Zzyzx3`, `Zzyzx4` and 2 more; export"),
        ([node("Zz\nyzx" * 99)], {"": 18}, "does not have: `Zz yzxZz yzx"),
        (
            [node("Gelu")],
            {"": 18},
            "has the operator `Gelu`, which opset 18 does not have; it is in opset 20; export the model with opset 20 or a newer",
        ),
        (
            [node("Upsample")],
            {"": 18},
            (
                "has the operator `Upsample`, which ended with opset 9, and the model is written in opset 18; "
                "nearest is `Resize`; export the model with it"
            ),
        ),
        (
            [helper.make_node("GroupNormalization", ["x", "x", "x"], ["y"], num_groups=2)],
            {"": 18},
            "`GroupNormalization`, which opset 18 does not have; it is in opset 21; export the model with opset 21 or a newer",
        ),
        (
            [node("TreeEnsembleRegressor", "ai.onnx.ml")],
            {"": 18, "ai.onnx.ml": 5},
            (
                "has the operator `TreeEnsembleRegressor` of `ai.onnx.ml`, which ended with opset 4, "
                "and the model is written in opset 5; export it with opset 4 or an older one"
            ),
        ),
        (
            [node("Relu")],
            {"": 99},
            (
                f"is written in opset 99 of `ai.onnx`; onnxruntime {onnxruntime.__version__} reads opsets up to {NEWEST}; "
                f"export the model with opset {NEWEST} or an older one"
            ),
        ),
        ([node("Relu")], {"": 18, "ai.onnx.ml": 99}, "is written in opset 99 of `ai.onnx.ml`; onnxruntime "),
    ],
)
def test_an_operator_that_is_not_there_is_named_with_the_nearest(
    tmp_path: Path, nodes: Sequence[Any], opsets: dict[str, int], said: str
) -> None:
    assert said in refused(write(tmp_path / "model.onnx", nodes, opsets))


def branches(name: str) -> Any:
    """Return a node with an operator in graphs of its own."""
    inner = [
        helper.make_graph(
            [helper.make_node(name, ["x"], [branch])], branch, [], [helper.make_tensor_value_info(branch, FLOAT, None)]
        )
        for branch in ("first", "second")
    ]
    return helper.make_node("If", ["yes"], ["y"], then_branch=inner[0], else_branch=inner[1])


def test_the_graphs_in_a_graph_are_looked_at(tmp_path: Path) -> None:
    yes = helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("", TensorProto.BOOL, [], [True]))

    load(write(tmp_path / "model.onnx", [yes, branches("Relu")], {"": 18}))
    assert "does not have: `Relux`; nearest" in refused(
        write(tmp_path / "other.onnx", [yes, branches("Relux")], {"": 18})
    )


def function(*nodes: Any) -> Any:
    domains = {item.domain: 18 if item.domain == "" else 1 for item in nodes}
    imports = [helper.make_opsetid(domain, version) for domain, version in domains.items()]
    return helper.make_function("my.ops", "Own", ["x"], ["y"], list(nodes), imports)


def test_the_models_own_functions_are_looked_at_and_need_no_counterpart(tmp_path: Path) -> None:
    opsets = {"": 18, "my.ops": 1, "other.ops": 1}
    call = [node("Own", "my.ops")]

    load(write(tmp_path / "model.onnx", call, opsets, functions=[function(node("Relu"))]))
    assert "does not have: `Relux` of `other.ops`; nearest" in refused(
        write(tmp_path / "other.onnx", call, opsets, functions=[function(node("Relux", "other.ops"))])
    )


def test_a_function_that_nothing_calls_may_hold_what_it_likes(tmp_path: Path) -> None:
    opsets = {"": 18, "my.ops": 1, "other.ops": 1}

    load(write(tmp_path / "model.onnx", [node("Relu")], opsets, functions=[function(node("Relux", "other.ops"))]))


def test_an_operator_that_nothing_computes_is_named(tmp_path: Path) -> None:
    ends = [helper.make_tensor_value_info("x", TensorProto.UINT8, ["batch"])]
    ends += [helper.make_tensor_value_info("y", TensorProto.UINT8, ["batch", "height", "channels"])]
    graph = helper.make_graph([node("ImageDecoder")], "graph", ends[:1], ends[1:])
    path = tmp_path / "model.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path.write_bytes(model.SerializeToString())

    said = refused(path)

    assert said.startswith("onnxruntime does not compute `ImageDecoder` on a CPU; ")
    assert said.endswith("compute it outside the model")


def test_an_operator_that_is_computed_with_other_numbers_is_named(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["half"], to=TensorProto.BFLOAT16),
        helper.make_node("Erf", ["half"], ["same"]),
        helper.make_node("Cast", ["same"], ["y"], to=FLOAT),
    ]

    said = refused(write(tmp_path / "model.onnx", nodes, {"": 18}))

    assert said == (
        "onnxruntime does not compute `Erf` with numbers of the model's type on a CPU; "
        "cast its inputs to float32, or export the model in float32"
    )


def test_an_operator_of_an_opset_that_nothing_computes_any_more_is_named(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["x", "x"], ["y"])]

    said = refused(write(tmp_path / "model.onnx", nodes, {"": 6}))

    assert said == (
        "onnxruntime computes `Add` from opset 7 on, and the model has that of opset 6; "
        "export the model with opset 7 or a newer one"
    )


def test_another_reason_of_onnxruntime_is_told_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "model.onnx", [node("ImageDecoder")], {"": 20})

    with pytest.raises(UnsupportedModel) as caught:
        load(path)

    said = str(caught.value)
    assert "in node () is invalid.); fetch or export it again" in said
    assert said.count(str(path)) == 1


def test_a_runtime_that_does_not_tell_its_operators_refuses_them_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("get_all_operator_schema", "get_all_opkernel_def"):
        monkeypatch.delattr(onnx_operators.RUNTIME, name)
    onnx_operators.known.cache_clear()
    try:
        load(write(tmp_path / "model.onnx", [node("Relu")], {"": 18}))
        with pytest.raises(UnsupportedModel, match=r"my\.ops:Own"):
            load(write(tmp_path / "other.onnx", [node("Own", "my.ops")], {"": 18, "my.ops": 1}))
    finally:
        onnx_operators.known.cache_clear()


@pytest.mark.parametrize(("name", "opset"), [("Relu", 18), ("HardSwish", 18), ("Mish", 18), ("ThresholdedRelu", 10)])
def test_an_operator_that_stands_for_others_is_loaded(tmp_path: Path, name: str, opset: int) -> None:
    load(write(tmp_path / "model.onnx", [node(name)], {"": opset}))


def test_an_operator_that_only_onnxruntime_has_is_loaded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load(write(tmp_path / "model.onnx", [node("Scale", scale=2.0)], {"": 9}))

    assert "experimental" in capfd.readouterr().out


def test_every_operator_of_onnx_is_known_from_its_first_opset_on() -> None:
    known = onnx_operators.known()
    lacking = {
        (item.domain, item.name)
        for item in onnx.defs.get_all_schemas()
        if item.domain in onnx_operators.DOMAINS and (item.domain, item.name) not in known
    }

    assert lacking == set()

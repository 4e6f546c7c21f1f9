"""A torch.export archive is read, and nothing in it is unpickled, evaluated or compiled."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.onnx_export import OnnxExport
from optimizers.original import Original, load_original
from optimizers.torch_export_program import check_program
from optimizers.vocabulary import ModelFormat, Prediction, Runtime

PROGRAM = "models/model.json"
CODE = "__import__('os').mkdir('{}')"


class Net(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """An image of any height, and a scale: a dict of scores and of features."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv = torch.nn.Conv2d(1, 4, 3)
        self.linear = torch.nn.Linear(4, 3)
        self.register_buffer("shift", torch.ones(4))

    def forward(self, image: torch.Tensor, scale: torch.Tensor) -> dict[str, torch.Tensor]:
        features = self.conv(image).mean((2, 3)) + self.shift
        return {"scores": self.linear(features), "scaled": features * scale}


class Plain(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """One tensor to one tensor."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.mkdir, (self.made,)


def source(path: Path) -> ModelSource:
    return ModelSource(location=path.name, path=path, model_format=ModelFormat.PYTORCH, prediction=Prediction.NUMERIC)


def export(path: Path, module: torch.nn.Module, inputs: Any, shapes: Any) -> Path:
    torch.export.save(torch.export.export(module.eval(), **inputs, dynamic_shapes=shapes), path)
    return path


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    batch, height = torch.export.Dim("batch"), torch.export.Dim("height", min=4, max=64)
    path = tmp_path_factory.mktemp("program") / "net.pt2"
    return export(
        path, Net(), {"args": (torch.ones(2, 1, 8, 8), torch.ones(2, 1))}, ({0: batch, 2: height}, {0: batch})
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "plain.pt2"
    return export(path, Plain(), {"args": (torch.ones(2, 3),)}, {"x": {0: torch.export.Dim("batch")}})


def rewritten(archive: Path, folder: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Return a copy whose entries are changed; None leaves one out."""
    path = folder / archive.name
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = change(name.partition("/")[2], old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


def with_program(archive: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    def entry(name: str, content: bytes) -> bytes:
        if name != PROGRAM:
            return content
        program = json.loads(content)
        change(program)
        return json.dumps(program).encode()

    return rewritten(archive, folder, entry)


def answers(original: Original, rows: int, height: int = 9) -> dict[str, Any]:
    random = np.random.default_rng(3)
    image = random.standard_normal((rows, 1, height, 8)).astype(np.float32)
    return original.session.run({"image": image, "scale": np.full((rows, 1), 2, np.float32)})


def test_names_types_and_dynamic_axes_are_those_of_the_program(net: Path) -> None:
    original = load_original(source(net), 1)

    signature = original.model.signature
    assert [(spec.name, spec.dtype, spec.shape) for spec in signature.inputs] == [
        ("image", "float32", ("batch", 1, "image_axis_2", 8)),
        ("scale", "float32", ("batch", 1)),
    ]
    assert [(spec.name, spec.shape) for spec in signature.outputs] == [
        ("scores", ("batch", 3)),
        ("scaled", ("batch", 4)),
    ]
    assert original.runtime is Runtime.PYTORCH


def test_a_program_answers_as_its_module(net: Path) -> None:
    found = answers(load_original(source(net), 1), rows=3)

    random = np.random.default_rng(3)
    image = torch.from_numpy(random.standard_normal((3, 1, 9, 8)).astype(np.float32))
    expected = Net().eval()(image, torch.full((3, 1), 2.0))
    assert np.allclose(found["scores"], expected["scores"].detach().numpy(), atol=1e-6)
    assert np.allclose(found["scaled"], expected["scaled"].detach().numpy(), atol=1e-6)


def test_a_program_is_known_by_its_content_too(net: Path, tmp_path: Path) -> None:
    other = tmp_path / "net.pt"
    other.write_bytes(net.read_bytes())

    assert set(answers(load_original(source(other), 1), rows=2)) == {"scores", "scaled"}


def test_onnx_made_of_a_program_takes_any_batch_and_height(net: Path, tmp_path: Path) -> None:
    import onnxruntime

    original = load_original(source(net), 1)
    made = OnnxExport().run(original.model, tmp_path)

    session = onnxruntime.InferenceSession(made.file, providers=["CPUExecutionProvider"])
    for rows, height in ((1, 4), (5, 11)):
        expected = answers(original, rows, height)
        random = np.random.default_rng(3)
        image = random.standard_normal((rows, 1, height, 8)).astype(np.float32)
        found = session.run(["scores", "scaled"], {"image": image, "scale": np.full((rows, 1), 2, np.float32)})
        assert np.allclose(found[0], expected["scores"], atol=1e-5)
        assert np.allclose(found[1], expected["scaled"], atol=1e-5)


def test_inputs_that_the_program_takes_by_name_are_given_by_name(tmp_path: Path) -> None:
    batch = torch.export.Dim("batch")
    inputs = {"args": (torch.ones(2, 1, 8, 8),), "kwargs": {"scale": torch.ones(2, 1)}}
    path = export(tmp_path / "named.pt2", Net(), inputs, {"image": {0: batch}, "scale": {0: batch}})

    assert answers(load_original(source(path), 1), rows=2, height=8)["scaled"].shape == (2, 4)


def test_a_fixed_batch_axis_is_refused_with_what_to_type(tmp_path: Path) -> None:
    path = export(tmp_path / "fixed.pt2", Plain(), {"args": (torch.ones(2, 3),)}, None)

    with pytest.raises(
        UnsupportedModel, match=r"`x` has a batch axis of size 2; export it with `dynamic_shapes=\{\"x\""
    ):
        load_original(source(path), 1)


@pytest.mark.parametrize("size", [0, 100, 2000])
def test_a_damaged_archive_is_refused_by_name(plain: Path, tmp_path: Path, size: int) -> None:
    path = tmp_path / "cut.pt2"
    path.write_bytes(plain.read_bytes()[:size] or b"\0")

    with pytest.raises(UnsupportedModel, match=r"cut\.pt2: damaged"):
        load_original(source(path), 1)


def test_sample_inputs_with_code_are_never_unpickled(plain: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    evil = pickle.dumps(Evil(made))
    path = rewritten(plain, tmp_path, lambda name, old: evil if name.startswith("data/sample_inputs") else old)

    with pytest.raises(UnsupportedModel, match="sample inputs are damaged or hold pickled code"):
        load_original(source(path), 1)
    assert not made.exists()


def test_a_weight_that_can_only_be_unpickled_is_refused(net: Path, tmp_path: Path) -> None:
    def marked(name: str, old: bytes) -> bytes:
        is_config = name == "data/weights/model_weights_config.json"
        return old.replace(b'"use_pickle": false', b'"use_pickle": true', 1) if is_config else old

    with pytest.raises(UnsupportedModel, match=r"`conv\.weight` can only be unpickled"):
        load_original(source(rewritten(net, tmp_path, marked)), 1)


@pytest.mark.parametrize(
    "entry", ["data/aotinductor/model/a.so", "data/constants/opaque_obj_0", "data/weights/model.pt"]
)
def test_an_entry_that_is_no_part_of_a_plain_program_is_refused(plain: Path, tmp_path: Path, entry: str) -> None:
    path = tmp_path / "more.pt2"
    path.write_bytes(plain.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"plain/{entry}", b"x")

    with pytest.raises(UnsupportedModel, match=f"holds `{entry}`"):
        load_original(source(path), 1)


def test_an_archive_in_the_older_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("version", "8.1")

    with pytest.raises(UnsupportedModel, match=r"layout of torch 2\.7 and older"):
        load_original(source(path), 1)


def graph(program: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = program["graph_module"]["graph"]
    return found


def set_expression(program: dict[str, Any], text: str) -> None:
    graph(program)["tensor_values"]["x"]["sizes"][0]["as_expr"]["expr_str"] = text


def set_operator(program: dict[str, Any], text: str) -> None:
    graph(program)["nodes"][0]["target"] = text


def set_name(program: dict[str, Any], text: str) -> None:
    program["graph_module"]["module_call_graph"][0]["signature"]["forward_arg_names"] = [text]


def set_type(program: dict[str, Any], text: str) -> None:
    spec = {
        "type": "collections.defaultdict",
        "context": json.dumps({"default_factory_module": text}),
        "children_spec": [],
    }
    program["graph_module"]["module_call_graph"][0]["signature"]["in_spec"] = json.dumps([1, spec])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_expression, "a size that is no arithmetic"),
        (set_operator, "uses the operator"),
        (set_name, "an input that is no Python name"),
        (set_type, "takes or gives more than tensors"),
    ],
)
def test_text_that_torch_would_evaluate_is_refused(
    plain: Path, tmp_path: Path, change: Callable[[dict[str, Any], str], None], words: str
) -> None:
    made = tmp_path / "made"
    path = with_program(plain, tmp_path, lambda program: change(program, CODE.format(made)))

    with pytest.raises(UnsupportedModel, match=words):
        load_original(source(path), 1)
    assert not made.exists()


def test_guards_are_source_text_and_are_never_compiled(plain: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    path = with_program(plain, tmp_path, lambda program: program.update(guards_code=[CODE.format(made)]))

    original = load_original(source(path), 1)
    original.session.run({"x": np.ones((1, 3), np.float32)})
    (tmp_path / "onnx").mkdir()
    OnnxExport().run(original.model, tmp_path / "onnx")

    assert not made.exists()


@pytest.mark.parametrize(
    "operator",
    [
        "torch.load", "torch.hub.load", "torch.ops.aten.from_file.default", "_operator.methodcaller", "#extension",
        "torch.ops.loader.load.default", "os.system",
    ],
)  # fmt: skip
def test_an_operator_that_is_no_arithmetic_is_refused(operator: str) -> None:
    with pytest.raises(UnsupportedModel, match="uses the operator"):
        check_program({"nodes": [{"target": operator}]}, Path("m.pt2"))


@pytest.mark.parametrize(
    "text",
    [
        "Symbol('s0', positive=True, integer=True)",
        "Add(Mul(Integer(2), Symbol('s1')), Integer(-2))",
        "Max(Integer(1), int_oo)",
    ],
)
def test_sizes_that_torch_writes_are_accepted(text: str) -> None:
    check_program({"expr_str": text}, Path("m.pt2"))


@pytest.mark.parametrize("text", ["s0.__class__", "Symbol('a b')", "lambda: 1", "sympify('1')", "[1]", "(" * 500])
def test_sizes_that_torch_never_writes_are_refused(text: str) -> None:
    with pytest.raises(UnsupportedModel, match="a size that is no arithmetic"):
        check_program({"expr_str": text}, Path("m.pt2"))

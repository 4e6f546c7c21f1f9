"""A TorchScript file is a program: it is loaded only where all it does is compute."""

from pathlib import Path

import numpy as np
import pytest
import torch

from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import load_original
from optimizers.signature import Signature, TensorSpec
from optimizers.torchscript_operators import COMPUTING, OUTSIDE_OPERATORS, load_module
from optimizers.torchscript_session import open_torchscript
from optimizers.vocabulary import ModelFormat

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning", "ignore:.*torch.jit:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.ao.quantization.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*quantized tensor creation functions:UserWarning"),
]

INPUTS = (TensorSpec(name="x", shape=("batch", 4)),)
FORWARD = "def forward(self, x):\n    return x\n"
PROGRAMS = {
    "method": 'def forward(self, x):\n    torch.save(x, "PATH")\n    return x\n',
    "branch": 'def forward(self, x):\n    if bool(x.sum() > 1e9):\n        torch.save(x, "PATH")\n    return x\n',
    "unused": FORWARD + 'def other(self, x):\n    torch.save(x, "PATH")\n    return x\n',
}
AT_LOAD = """
def __getstate__(self) -> bool:
    return True
def __setstate__(self, state: bool) -> None:
    torch.save(torch.ones([1]), "PATH")
    self.training = state
"""


def saved_in_a_thread(x: torch.Tensor) -> torch.Tensor:
    torch.save(x, "written")
    return x


class Forks(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Calls a function in another thread."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = torch.jit.wait(torch.jit.fork(saved_in_a_thread, x))
        return found


def program(folder: Path, code: str) -> Path:
    path = folder / "model.pt"
    # A type of its own, so that each test may define `forward` anew.
    module = torch.jit._recursive.create_script_module(torch.nn.Module(), lambda _module: [], share_types=False)
    module.define(code.replace("PATH", str(folder / "written")))
    module.save(str(path))
    return path


def rewritten(path: Path, old: str, new: str) -> Path:
    """Return a file with other code, as nobody who scripts a module would get it."""
    found, other = torch._C.PyTorchFileReader(str(path)), path.with_name("other.pt")
    written = torch._C.PyTorchFileWriter(str(other))
    for name in found.get_all_records():
        if name not in {"version", "byteorder", ".data/serialization_id"}:
            content = found.get_record(name).replace(old.encode(), new.encode())
            written.write_record(name, content, len(content))
    written.write_end_of_file()
    path.unlink()
    return other


def refusal(path: Path) -> str:
    source = ModelSource(location="model.pt", path=path, model_format=ModelFormat.TORCHSCRIPT, inputs=INPUTS)
    with pytest.raises(UnsupportedModel) as caught:
        load_original(source, 1)
    assert list(path.parent.iterdir()) == [path], "nothing has run"
    return str(caught.value)


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_a_module_that_writes_a_file_is_refused_by_the_operator_before_it_runs(tmp_path: Path, name: str) -> None:
    said = refusal(program(tmp_path, PROGRAMS[name]))

    assert "has the operator `aten::save`, which may reach files, Python or other machines; script the part" in said


def test_a_function_of_another_thread_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.jit.script(Forks()).save(str(path))

    assert "`aten::save`" in refusal(path)


@pytest.mark.parametrize("call", ["ops.aten.save", 'getattr(torch, "sa" "ve")'])
def test_other_ways_to_write_an_operator_are_no_way_around(tmp_path: Path, call: str) -> None:
    assert "`aten::save`" in refusal(rewritten(program(tmp_path, PROGRAMS["method"]), "torch.save", call))


@pytest.mark.parametrize(
    "call", ["torch.save", 'getattr(torch, "save")', "ops.aten.save", 'getattr(torch, "sa" "ve")', "ops.other.run"]
)
def test_code_that_would_run_while_the_file_is_read_is_refused_by_its_text(tmp_path: Path, call: str) -> None:
    said = refusal(rewritten(program(tmp_path, FORWARD + AT_LOAD), "torch.save", call))

    assert "has a method `__setstate__`, which runs when it is loaded, and `" in said


def test_an_object_of_a_library_is_refused(tmp_path: Path) -> None:
    profiles = "y = __torch__.torch.classes.profiling._ScriptProfile()\n    return x"

    said = refusal(rewritten(program(tmp_path, FORWARD), "return x", profiles))

    assert "has an object of `torch.classes.profiling`" in said


def test_an_artifact_that_writes_a_file_is_not_opened(tmp_path: Path) -> None:
    path = program(tmp_path, PROGRAMS["method"])

    with pytest.raises(UnsupportedModel, match="has the operator `aten::save`"):
        open_torchscript(path, Signature(inputs=INPUTS, outputs=INPUTS), 1)


class Recurrent(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """What has packed weights when it is quantized."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4))
        self.lstm = torch.nn.LSTM(4, 3, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.lstm(self.rows(x).unsqueeze(1))[0].squeeze(1)
        return found


@pytest.mark.parametrize("quantized", [False, True])
def test_layers_and_quantized_layers_answer_as_before(tmp_path: Path, quantized: bool) -> None:
    model, x = Recurrent().eval(), torch.linspace(-1, 1, 8).reshape(2, 4)
    if quantized:
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear, torch.nn.LSTM})
    path = tmp_path / "model.pt"
    torch.jit.script(model).save(str(path))

    assert np.allclose(load_module(path)(x).detach(), model(x).detach())


def test_every_operator_with_a_path_or_a_python_function_is_known() -> None:
    # Names of arguments that are paths in torch 2.15; a newer one may bring operators.
    known = [schema for schema in torch._C._jit_get_all_schemas() if schema.name.partition("::")[0] in COMPUTING]
    paths = {schema.name for schema in known if "filename" in {item.name for item in schema.arguments}}
    named = {schema.name for schema in known if "Python" in schema.name or "rpc" in schema.name}

    assert paths | named | {"aten::save"} == OUTSIDE_OPERATORS

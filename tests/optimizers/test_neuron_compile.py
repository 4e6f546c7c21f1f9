"""The program that compiles for AWS Inferentia2 really runs, with torch's own tracer in the place of AWS's."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from optimizers.errors import UnsupportedModel
from optimizers.neuron_compile import JOB_FILE, SCRIPT_FILE, NeuronCompile
from optimizers.passes import FormedModel
from optimizers.quiet import quiet
from optimizers.torchscript_freeze import TorchScriptFreeze
from tests.support.small_networks import answers, images, small_convolution

# What AWS's library is called with (torch_neuronx.trace, AWS Neuron documentation), and nothing else.
STAND_IN = """
import json, torch
from pathlib import Path

def trace(func, example_inputs, *, compiler_workdir=None, compiler_args=None):
    calls = Path(__file__).parent / "calls.jsonl"
    with calls.open("a") as file:
        file.write(json.dumps([[list(item.shape) for item in example_inputs], [str(item.dtype) for item in example_inputs], compiler_args]) + "\\n")
    return torch.jit.trace(func, example_inputs)
"""


@pytest.fixture
def script(tmp_path: Path) -> FormedModel:
    (tmp_path / "script").mkdir()
    return TorchScriptFreeze(frozen=False).run(small_convolution(), tmp_path / "script")


def test_the_program_compiles_one_file_for_each_batch_size(tmp_path: Path, script: FormedModel) -> None:
    import torch

    folder, library = tmp_path / "job", tmp_path / "library"
    folder.mkdir()
    library.mkdir()
    (library / "torch_neuronx.py").write_text(STAND_IN)

    NeuronCompile(batch_sizes=(1, 4)).write_inputs(script, folder)
    subprocess.run(
        [sys.executable, "-W", "ignore", str(folder / SCRIPT_FILE)], check=True, env={"PYTHONPATH": str(library)}
    )

    assert {path.name for path in (folder / "output").iterdir()} == {"model-batch-1.pt", "model-batch-4.pt"}
    calls = [json.loads(line) for line in (library / "calls.jsonl").read_text().splitlines()]
    arguments = ["--auto-cast", "matmult", "--auto-cast-type", "bf16", "--optlevel", "2"]
    assert calls == [[[[size, 3, 8, 8]], ["torch.float32"], arguments] for size in (1, 4)]
    with quiet():
        compiled = torch.jit.load(folder / "output/model-batch-4.pt")
    with torch.inference_mode():
        found = compiled(torch.from_numpy(images(4))).numpy()
    assert np.abs(found - answers(small_convolution(), images(4))).max() < 1e-5


def test_weights_stay_parameters_so_that_a_compiler_can_move_them(script: FormedModel) -> None:
    import torch

    with quiet():
        loaded = torch.jit.load(script.file)

    assert len(list(loaded.parameters())) == 8


def test_sizes_are_fixed_for_each_batch(script: FormedModel) -> None:
    job = NeuronCompile(batch_sizes=(2,)).job(script.signature)

    assert job["buckets"] == [{"batch": 2, "inputs": [{"name": "image", "dtype": "float32", "shape": [2, 3, 8, 8]}]}]
    json.dumps(job)


def test_without_aws_neuron_it_says_what_is_missing(tmp_path: Path, script: FormedModel) -> None:
    (tmp_path / "result").mkdir()

    with pytest.raises(UnsupportedModel, match="torch-neuronx is not installed; run `serving build-job`"):
        NeuronCompile().run(script, tmp_path / "result")
    assert not (tmp_path / "result" / JOB_FILE).exists()

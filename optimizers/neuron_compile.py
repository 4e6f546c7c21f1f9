"""Compile a torch model for AWS Inferentia2, on a machine where AWS Neuron is installed."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.signature import BATCH, Signature
from optimizers.torchscript_freeze import TORCHSCRIPT_FILE

SCRIPT_FILE, JOB_FILE = "neuron_trace.py", "build.json"
NEURON_LIBRARY = "torch_neuronx"
# A compiled model has one size: batches between are padded by the server to the next.
BATCH_SIZES = (1, 8, 32)
# Products in BF16 and everything else as it is: AWS's default until its compiler 2.21 and its advice for inference (Neuron
# compiler CLI reference, `--auto-cast`; release notes of neuronx-cc 2.20).
COMPILER_ARGUMENTS = ("--auto-cast", "matmult", "--auto-cast-type", "bf16", "--optlevel", "2")


@dataclass(frozen=True, slots=True)
class NeuronCompile:
    """
    AWS's compiler, by tracing. Every size is fixed: there is one file for each batch size.

    Attributes:
        batch_sizes: Sizes to compile for.
        other_axis: Of every other dynamic axis, such as tokens.
    """

    batch_sizes: tuple[int, ...] = BATCH_SIZES
    other_axis: int = 128

    name: ClassVar[str] = "neuron"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCHSCRIPT_FILE})
    gives: ClassVar[Form] = Form.NEURON

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `output/model-batch-N.pt` for each batch size.

        Raises:
            UnsupportedModel: AWS Neuron is not installed, or cannot compile the model.
        """
        if importlib.util.find_spec(NEURON_LIBRARY) is None:
            raise UnsupportedModel("torch-neuronx is not installed; run `serving build-job` for a node that has it")
        self.write_inputs(model, folder)
        done = subprocess.run(
            [sys.executable, str(folder / SCRIPT_FILE)], capture_output=True, text=True, check=False, cwd=folder
        )
        if done.returncode != 0:
            raise UnsupportedModel((done.stderr.strip().splitlines() or ["neuronx-cc failed"])[-1])
        return FormedModel(
            Form.NEURON, model.signature, path=folder / "output" / f"model-batch-{self.batch_sizes[0]}.pt"
        )

    def write_inputs(self, model: FormedModel, folder: Path) -> None:
        """Write the script, what it reads, and the model: all that a machine needs that has nothing of ours."""
        script = resources.files("optimizers") / "data" / SCRIPT_FILE
        (folder / SCRIPT_FILE).write_text(script.read_text(encoding="utf-8"))
        (folder / JOB_FILE).write_text(json.dumps(self.job(model.signature), indent=2) + "\n")
        shutil.copyfile(model.file, folder / TORCHSCRIPT_FILE)

    def job(self, signature: Signature) -> dict[str, Any]:
        """Return the content of `build.json`."""
        return {
            "compiler_args": list(COMPILER_ARGUMENTS),
            "buckets": [
                {
                    "batch": size,
                    "inputs": [
                        {
                            "name": spec.name,
                            "dtype": spec.dtype,
                            "shape": [
                                axis if isinstance(axis, int) else size if axis == BATCH else self.other_axis
                                for axis in spec.shape
                            ],
                        }
                        for spec in signature.inputs
                    ],
                }
                for size in self.batch_sizes
            ],
        }

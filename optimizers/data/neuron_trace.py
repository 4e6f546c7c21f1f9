"""
Compile `model.pt` for AWS Inferentia2 and Trainium, one file for each batch size. Runs alone, where torch-neuronx is installed.

Reads `build.json` beside it: the inputs (name, dtype, shape for each batch size) and the arguments of neuronx-cc.
"""

import json
from pathlib import Path

import torch
import torch_neuronx  # pyright: ignore[reportMissingImports] - it is installed where the Job runs

folder = Path(__file__).parent
job = json.loads((folder / "build.json").read_text())
model = torch.jit.load(str(folder / "model.pt"), map_location="cpu").eval()
(folder / "output").mkdir(exist_ok=True)
for bucket in job["buckets"]:
    example = tuple(torch.zeros(item["shape"], dtype=getattr(torch, item["dtype"])) for item in bucket["inputs"])
    traced = torch_neuronx.trace(
        model, example, compiler_workdir=str(folder / "cache"), compiler_args=job["compiler_args"]
    )
    torch.jit.save(traced, str(folder / "output" / f"model-batch-{bucket['batch']}.pt"))
    print(f"compiled for {bucket['batch']} rows", flush=True)

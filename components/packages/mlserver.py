"""MLServer, the runtime of Seldon: a folder for `mlserver start FOLDER`, which speaks the V2 inference protocol."""

import json
from pathlib import Path
from typing import Any

from components.packages.own_code import write_own_code
from components.packages.requirements import REQUIREMENTS_NAME, requirements
from components.packages.served import INSIDE, QUEUE_DELAY_US, ServedArtifact, copy_file
from optimizers.signature import BATCH, TensorSpec

# Every module of ours that the runtime imports by itself.
RUNTIME_MODULES = ("optimizers.errors", "optimizers.rows", "optimizers.session")
RUNTIME = "mlserver_runtime"
TEXT_INPUT = "text"
# It holds starlette back, so it is not installed here, and no version of it can be read off.
MLSERVER = "mlserver>=1.7.1,<2\n"
# The V2 protocol's names of types: https://github.com/kserve/open-inference-protocol, "Tensor Data Types".
DATATYPES = {
    "bool": "BOOL", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64", "int8": "INT8",
    "int16": "INT16", "int32": "INT32", "int64": "INT64", "float16": "FP16", "float32": "FP32", "float64": "FP64",
}  # fmt: skip


def write(served: ServedArtifact, folder: Path) -> tuple[str, ...]:
    """Write the model's and the server's settings, the runtime that loads the artifact, and the artifact."""
    model = folder / served.name
    copy_file(INSIDE / f"{RUNTIME}.py", model / f"{RUNTIME}.py")
    write_own_code(model, *RUNTIME_MODULES)
    served.copy_files(model / "artifact", reference=False)
    (model / "model-settings.json").write_text(f"{json.dumps(_model_settings(served), indent=2)}\n")
    # The runtime computes in threads of the server: MLServer 1.7's processes for that do not start with uvloop 0.22 or newer.
    server = {"debug": False, "parallel_workers": 0}
    (folder / "settings.json").write_text(f"{json.dumps(server, indent=2)}\n")
    (folder / REQUIREMENTS_NAME).write_text(requirements(served) + MLSERVER)
    return () if _batches(served) else (_why_no_batches(served),)


def _model_settings(served: ServedArtifact) -> dict[str, Any]:
    signature, settings = served.manifest.signature, served.settings
    text = [{"name": TEXT_INPUT, "datatype": "BYTES", "shape": [-1, 1], "parameters": {"content_type": "str"}}]
    batching = (
        {"max_batch_size": settings.max_batch_size, "max_batch_time": QUEUE_DELAY_US / 1e6} if _batches(served) else {}
    )
    return {
        "name": served.name,
        "implementation": f"{RUNTIME}.ArtifactRuntime",
        "platform": served.manifest.runtime.value,
        **batching,
        "inputs": text if served.manifest.tokenizer else [_tensor(spec) for spec in signature.inputs],
        "outputs": [_tensor(spec) for spec in signature.outputs],
        "parameters": {
            "uri": "./artifact",
            "version": served.version,
            "extra": {
                "threads": settings.threads,
                "streams": settings.streams,
                "concurrent_calls": settings.concurrent_calls,
                "text_input": TEXT_INPUT,
            },
        },
    }


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    shape = [-1 if isinstance(axis, str) else axis for axis in spec.shape]
    return {"name": spec.name, "datatype": DATATYPES[spec.dtype], "shape": shape}


def _batches(served: ServedArtifact) -> bool:
    """MLServer joins the requests of a batch along the first axis, so all others must be of one size."""
    fixed = all(
        axis == BATCH or isinstance(axis, int) for spec in served.manifest.signature.inputs for axis in spec.shape
    )
    return served.settings.max_batch_size > 1 and (served.manifest.tokenizer is not None or fixed)


def _why_no_batches(served: ServedArtifact) -> str:
    if served.settings.max_batch_size == 1:
        return "batching is off, as in the spec"
    return "requests are not batched: MLServer joins only inputs of one shape, and this model has other dynamic axes"

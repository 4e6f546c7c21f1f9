"""
What loading originals gives, many in one process: `python -m tests.support.original_reports FORMAT PATH...`.

Prints one JSON object: path to `{"inputs", "outputs", "difference"}` or `{"error"}`. `difference` is the largest one between
the original and its ONNX form in ONNX Runtime, or the error of the conversion.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from optimizers.errors import ServingError
from optimizers.model_formats import FORMATS
from optimizers.model_source import ModelSource
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.original import Original, load_original
from optimizers.signature_probe import probe_inputs
from optimizers.vocabulary import ModelFormat


def report(path: Path, model_format: ModelFormat) -> dict[str, Any]:
    """Return what loading and converting one model gives."""
    try:
        original = load_original(ModelSource(location=path.name, path=path, model_format=model_format), 1)
    except ServingError as error:
        return {"error": str(error)}
    signature = original.model.signature
    shapes = {kind: {spec.name: [spec.dtype, *spec.shape] for spec in specs}
              for kind, specs in (("inputs", signature.inputs), ("outputs", signature.outputs))}  # fmt: skip
    return {**shapes, "difference": _difference(original, model_format)}


def _difference(original: Original, model_format: ModelFormat) -> float | str:
    random = np.random.default_rng(1)
    batch = {
        name: random.standard_normal(values.shape).astype(values.dtype)
        for name, values in probe_inputs(original.model.signature.inputs, 3).items()
    }
    expected = original.session.run(batch)
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = FORMATS[model_format].to_onnx.run(original.model, Path(folder))
            found = OnnxRuntimeSession(made.file, 1, {}).run(batch)
    except ServingError as error:
        return str(error)
    return max(float(np.abs(found[name] - values).max()) for name, values in expected.items())


if __name__ == "__main__":
    found = {path: report(Path(path), ModelFormat(sys.argv[1])) for path in sys.argv[2:]}
    sys.stdout.write(f"{json.dumps(found)}\n")

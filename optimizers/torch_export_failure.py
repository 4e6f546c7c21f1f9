"""Say in one sentence why torch's exporter gave up: which operator, or which axis and the size to set."""

import re
from collections.abc import Mapping

from optimizers.errors import UnsupportedModel, short_reason

# The texts of torch 2.15: torch/onnx/_internal/exporter/_dispatching.py, for the older exporter torch/onnx/errors.py, and
# torch/fx/experimental/symbolic_shapes.py.
OPERATOR = re.compile(
    r"No ONNX function found for <OpOverload\(op='(?P<newer>[\w.]+)'|Exporting the operator '(?P<older>\w+::\w+)' to ONNX"
)
SIZE = re.compile(r"(\d+) not in VR\[(\w+), (\w+)\]")
DATA_DEPENDENT = "data-dependent expression"
CONSTRAINTS = "Constraints violated"
# What computes alike with operators that ONNX has; where none is listed, the operator has to leave the model.
NEAREST = {
    **dict.fromkeys(
        ("aten._linalg_svd", "aten.linalg_svd", "aten.linalg_svdvals", "aten.svd"),
        "singular values can be computed by power iteration, with matmul",
    ),
    **dict.fromkeys(
        ("aten._linalg_eigh", "aten.linalg_eigh", "aten.linalg_eigvalsh"),
        "eigenvalues can be computed by power iteration, with matmul",
    ),
    **dict.fromkeys(
        ("aten.fft_fft", "aten.fft_rfft", "aten.fft_ifft", "aten.fft_irfft"),
        "a Fourier transform is a matmul with a matrix of cosines and one of sines",
    ),
}


def explained(error: Exception, axes: Mapping[int, str]) -> UnsupportedModel:
    """
    Return the error for a module that the exporter cannot export.

    Args:
        error: What it raised.
        axes: The size that each dynamic axis was tried with, to its name.
    """
    text = _text(error)
    if found := OPERATOR.search(text):
        operator = found["newer"] or found["older"].replace("::", ".")
        nearest = NEAREST.get(operator, "compute it outside the model, or with operators that ONNX has")
        lacks = "ONNX" if found["newer"] else "torch's exporter of TorchScript"
        return UnsupportedModel(f"{lacks} has no counterpart of the operator `{operator}`; {nearest}")
    if (found := SIZE.search(text)) and int(found[1]) in axes:
        _, low, high = found.groups()
        allowed = f"{low} alone" if low == high else f"{low} to {high}"
        return UnsupportedModel(
            f"the axis `{axes[int(found[1])]}` cannot have any size, the model takes {allowed}; "
            f"write a size in its place in `model.inputs`"
        )
    if DATA_DEPENDENT in text:
        return UnsupportedModel(
            "a branch depends on the numbers in a tensor; compute both sides and choose with torch.where"
        )
    return UnsupportedModel(short_reason(error.__cause__ or error))


def would_be_baked(error: Exception) -> bool:
    """Return whether the reason is a branch or a size: a trace would follow one side of it, and be wrong for the others."""
    text = _text(error)
    return DATA_DEPENDENT in text or CONSTRAINTS in text or SIZE.search(text) is not None


def _text(error: Exception) -> str:
    return " ".join(str(item) for item in (error, error.__cause__) if item is not None)

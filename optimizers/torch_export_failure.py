"""Say in one sentence why torch's exporter gave up: which operator, or which axis and the size to set."""

import re

from optimizers.errors import UnsupportedModel, short_reason

# The texts of torch 2.15: torch/onnx/_internal/exporter/_dispatching.py and torch/fx/experimental/symbolic_shapes.py.
OPERATOR = re.compile(r"No ONNX function found for <OpOverload\(op='([\w.]+)'")
AXES = re.compile(r"Constraints violated \(([^)]+)\)!")
SUGGESTION = re.compile(r"Suggested fixes:\s+(\w+) = ([^\n]+)")
DATA_DEPENDENT = "data-dependent expression"
# What computes alike with operators that ONNX has; where none is listed, the operator has to leave the model.
NEAREST = {
    "aten._linalg_svd": "singular values can be computed by power iteration, with matmul",
    "aten._linalg_eigh": "eigenvalues can be computed by power iteration, with matmul",
}


def explained(error: Exception) -> UnsupportedModel:
    """Return the error for a module that the exporter cannot export."""
    text = " ".join(str(item) for item in (error, error.__cause__) if item is not None)
    if found := OPERATOR.search(text):
        operator = found[1]
        nearest = NEAREST.get(operator, "compute it outside the model, or with operators that ONNX has")
        return UnsupportedModel(f"ONNX has no counterpart of the operator `{operator}`; {nearest}")
    if found := AXES.search(text):
        axes = ", ".join(f"`{name.strip()}`" for name in found[1].split(","))
        fix = SUGGESTION.search(text)
        allowed = f" (it allows {fix[1]} = {fix[2].strip()})" if fix else ""
        return UnsupportedModel(
            f"the model does not take every size of {axes}{allowed}; set its size instead of the word in the shapes of `model.inputs`"
        )
    if DATA_DEPENDENT in text:
        return UnsupportedModel(
            "a branch depends on the numbers in a tensor; compute both sides and choose with torch.where"
        )
    return UnsupportedModel(short_reason(error.__cause__ or error))

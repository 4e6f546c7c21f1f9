"""Find what Python reads of a tensor while a torch module is traced: a trace keeps the answer of one call. Imports torch."""

import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from optimizers.errors import UnsupportedModel

# What torch's declared types leave out.
UNTYPED: Any = torch
# torch warns of some of these and says nothing of others: `range(x.shape[1])`, `x.is_nonzero()` and `torch.equal(x, y)`
# bake in silently (torch 2.15). It warns of sizes and numbers in the same words, and of sizes that only an error message or a
# check needs, as Hugging Face's models have. So what is read is judged here by where it came from, not by the warning.
NUMBERS_READ = frozenset({
    "__bool__", "__int__", "__float__", "__complex__", "__index__", "__array__", "__contains__", "__format__", "allclose",
    "as_tensor", "equal", "is_nonzero", "item", "numpy", "tensor", "tolist",
})  # fmt: skip
# What is taken from it is a constant of the trace.
DATA = UNTYPED.Tensor.data.__get__
# The length of what these give is kept.
SIZES_READ = frozenset({"__len__", "chunk", "split", "split_with_sizes", "tensor_split", "unbind"})
# In the graph of a trace: operators that give a size.
SIZES = frozenset({"aten::len", "aten::numel", "aten::size"})
# The size of what these give depends on numbers.
SIZED_BY_NUMBERS = frozenset({
    "aten::_unique2", "aten::argwhere", "aten::bincount", "aten::masked_select", "aten::nonzero", "aten::nonzero_numpy",
    "aten::repeat_interleave", "aten::unique_consecutive", "aten::unique_dim",
})  # fmt: skip
# Hugging Face's check, which raises an error or does nothing (transformers 5): no branch of the answer.
CHECKS = frozenset({"torch_compilable_check"})
# A tensor of one number that is taken for an argument, such as a size.
ARGUMENTS = frozenset({"aten::FloatImplicit", "aten::Int", "aten::IntImplicit", "aten::ScalarImplicit"})


class Readings(TorchFunctionMode):  # type: ignore[misc] # torch is not typed here
    """
    Watch Python read tensors of the trace that runs inside.

    Attributes:
        sizes: Where something was read that depends on sizes alone: the file without its folder, which differs between machines.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[str] = []

    def __torch_function__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401 - torch's
        """
        Call the function of torch, after a look at what it reads.

        Raises:
            UnsupportedModel: It reads what depends on the numbers of an input.
        """
        name = getattr(function, "__name__", "")
        numbers = name in NUMBERS_READ or function == DATA
        if (numbers or name in SIZES_READ) and UNTYPED.jit.is_tracing():
            self._look(tree_leaves((args, kwargs)), numbers=numbers)
        return function(*args, **(kwargs or {}))

    def _look(self, read: Iterable[Any], *, numbers: bool) -> None:
        tensors = [value for value in read if isinstance(value, torch.Tensor)]
        frame = _reader()
        if frame.name in CHECKS:
            return
        place = f"{Path(frame.filename).name}, line {frame.lineno}"
        if any(_comes_from_numbers(tensor, numbers=numbers) for tensor in tensors):
            raise UnsupportedModel(
                f"a branch depends on the numbers in a tensor, or one is made a constant ({place}); "
                f"compute both sides and choose with torch.where, or give the model as TorchScript, by torch.jit.script"
            )
        if tensors and place not in self.sizes:
            self.sizes.append(place)


def _comes_from_numbers(tensor: Any, *, numbers: bool) -> bool:  # noqa: ANN401 - a torch.Tensor
    """
    Return whether the numbers of an input decide.

    Args:
        tensor: One of the trace.
        numbers: Whether its numbers are read; else its size.
    """
    try:
        # Nothing public tells the graph of a trace that is under way.
        steps = [(UNTYPED._C._get_value_trace(tensor), numbers)]  # noqa: SLF001
    except RuntimeError:  # a weight that is no parameter: no part of the trace
        return False
    seen: set[tuple[str, bool]] = set()
    while steps:
        value, numbers = steps.pop()
        if (step := (value.debugName(), numbers)) in seen:
            continue
        seen.add(step)
        node = value.node()
        kind = node.kind()
        if (numbers and kind == "prim::Param" and value.type().kind() == "TensorType") or (
            not numbers and (kind in SIZED_BY_NUMBERS or _picks_by_mask(node))
        ):
            return True
        numbers = (numbers and kind not in SIZES) or kind in ARGUMENTS
        steps += [(item, numbers) for item in node.inputs()]
    return False


def _picks_by_mask(node: Any) -> bool:  # noqa: ANN401 - a torch._C.Node
    """Return whether the node is `x[mask]`, whose size is how many are true."""
    if node.kind() != "aten::index":
        return False
    types = [item.type() for item in list(node.inputs())[1].node().inputs()]
    return any(kind.kind() == "TensorType" and kind.dtype() in {torch.bool, torch.uint8} for kind in types)


def _reader() -> traceback.FrameSummary:
    """Return where the model's own code reads, not torch's."""
    torch_folder, here = Path(torch.__file__).parent, Path(__file__)
    frames = [frame for frame in reversed(traceback.extract_stack()) if Path(frame.filename) != here]
    return next((frame for frame in frames if torch_folder not in Path(frame.filename).parents), frames[0])

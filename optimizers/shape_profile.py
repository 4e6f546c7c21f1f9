"""The sizes that an engine is compiled for: the least, the usual and the most of every dynamic axis."""

from collections.abc import Mapping
from dataclasses import dataclass

from optimizers.signature import BATCH, Signature, TensorSpec

# What the build measures and the server batches by default: rows of one call (`benchmark`, `stacks.spec.BatchingSpec`).
USUAL_BATCH = 8
LARGEST_BATCH = 32
# Tokens of a usual and of the longest text of BERT-like models (Devlin et al., 2018); for any other axis too, where nothing is known.
USUAL_AXIS = 128
LONGEST_AXIS = 512


@dataclass(frozen=True, slots=True)
class ShapeProfile:
    """
    Sizes of one optimization profile. An engine refuses anything outside, and is fastest at the usual sizes.

    Attributes:
        usual_batch: Rows that kernels are chosen for.
        largest_batch: Most rows.
        usual_axis: Of every other dynamic axis; kernels are chosen for it.
        longest_axis: Most of every other dynamic axis.
    """

    usual_batch: int = USUAL_BATCH
    largest_batch: int = LARGEST_BATCH
    usual_axis: int = USUAL_AXIS
    longest_axis: int = LONGEST_AXIS

    def least(self, signature: Signature) -> dict[str, tuple[int, ...]]:
        """Return the smallest shape of each input that has a dynamic axis."""
        return _shapes(signature, 1, 1)

    def usual(self, signature: Signature) -> dict[str, tuple[int, ...]]:
        """Return the shape of each such input that kernels are chosen for."""
        return self.at_batch(signature, min(self.usual_batch, self.largest_batch))

    def at_batch(self, signature: Signature, batch: int) -> dict[str, tuple[int, ...]]:
        """Return the usual shape of each such input with this number of rows."""
        return _shapes(signature, batch, min(self.usual_axis, self.longest_axis))

    def most(self, signature: Signature) -> dict[str, tuple[int, ...]]:
        """Return the largest shape of each such input."""
        return _shapes(signature, self.largest_batch, self.longest_axis)


USUAL_PROFILE = ShapeProfile()


def shapes_text(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """
    Return `ids:1x128,mask:1x128`, as trtexec and ONNX Runtime read it.

    A name with a colon, a comma or a quote is put in quotes, as trtexec's help says of names with a colon.
    """
    return ",".join(f"{_quoted(name)}:{'x'.join(map(str, shape))}" for name, shape in shapes.items())


def _quoted(name: str) -> str:
    return f"'{name}'" if set(name) & set(":,") else name


def _shapes(signature: Signature, batch: int, other: int) -> dict[str, tuple[int, ...]]:
    return {spec.name: _shape(spec, batch, other) for spec in signature.inputs if not all_fixed(spec)}


def all_fixed(spec: TensorSpec) -> bool:
    """Return whether a tensor has no dynamic axis."""
    return all(isinstance(axis, int) for axis in spec.shape)


def _shape(spec: TensorSpec, batch: int, other: int) -> tuple[int, ...]:
    return tuple(axis if isinstance(axis, int) else batch if axis == BATCH else other for axis in spec.shape)

"""Batches of named arrays in files, for processes of their own: calibration and the original model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIX = ".npz"
NAMES = "names"


def write_batch(path: Path, batch: "Mapping[str, NDArray[Any]]") -> None:
    """Write one batch; a model may name its arrays as it likes, so names are values of the file."""
    import numpy as np

    np.savez(path, *batch.values(), **{NAMES: np.array(list(batch))}, allow_pickle=False)


def read_batch(path: Path) -> "dict[str, NDArray[Any]]":
    """Return one batch."""
    import numpy as np

    with np.load(path, allow_pickle=False) as archive:
        return {str(name): archive[f"arr_{place}"] for place, name in enumerate(archive[NAMES])}


def write_batches(folder: Path, batches: "Sequence[Mapping[str, NDArray[Any]]]") -> None:
    """Write each batch into a file of its own, in order."""
    folder.mkdir()
    for number, batch in enumerate(batches):
        write_batch(folder / f"{number:06d}{SUFFIX}", batch)


def read_batches(folder: Path) -> "list[dict[str, NDArray[Any]]]":
    """Return the batches in the order in which they were written; each array has its rows on axis 0."""
    return [read_batch(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]

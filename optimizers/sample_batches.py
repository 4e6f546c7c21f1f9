"""Encoded sample inputs in files, for passes that calibrate on them in a process of their own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def write_batches(folder: Path, batches: "Sequence[Mapping[str, NDArray[Any]]]") -> None:
    """Write each batch into a file of its own, in order."""
    import numpy as np

    folder.mkdir()
    for number, batch in enumerate(batches):
        np.savez(folder / f"{number:06d}.npz", allow_pickle=False, **batch)


def read_batches(folder: Path) -> "list[dict[str, NDArray[Any]]]":
    """Return the batches in the order in which they were written; each array has its rows on axis 0."""
    import numpy as np

    batches = list[dict[str, Any]]()
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as archive:
            batches.append({name: archive[name] for name in archive.files})
    return batches

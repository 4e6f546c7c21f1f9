"""Inputs for parity and measurement: the user's own, texts that ship with the product, or generated ones."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

from optimizers.errors import InvalidArgs, Issue
from optimizers.model_source import ModelSource
from optimizers.signature import Signature

SEED = 20261123
GENERATED_ROWS = 32
DYNAMIC_SIZE = 8
SUFFIXES = (".json", ".npz", ".txt")


def load_samples(source: ModelSource, signature: Signature, *, takes_text: bool) -> tuple[list[Any], str]:
    """
    Return sample rows in the form that an endpoint takes, and where they come from.

    Raises:
        InvalidArgs: The samples file is missing, empty or in another format.
    """
    if source.samples is not None:
        return _read(source.samples), f"{source.samples.name}"
    if takes_text:
        text = (resources.files("optimizers") / "data" / "sample_texts.txt").read_text(encoding="utf-8")
        return text.splitlines(), "sample texts of the product"
    return _generate(signature), f"generated with seed {SEED}"


def _read(path: Path) -> list[Any]:
    if not path.is_file():
        raise _invalid(path, "there is no such file", "correct the path")
    try:
        if path.suffix == ".txt":
            rows: Any = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        elif path.suffix == ".json":
            rows = json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".npz":
            rows = _npz_rows(path)
        else:
            raise _invalid(path, f"the suffix is one of {', '.join(SUFFIXES)}", "convert the file")
    except (ValueError, OSError, KeyError) as error:
        raise _invalid(path, f"not readable ({error})", "write the file again") from None
    if not isinstance(rows, list) or not rows:
        raise _invalid(path, "samples are one row or more", "add rows")
    return rows


def _npz_rows(path: Path) -> list[Any]:
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        columns = {name: arrays[name].tolist() for name in arrays.files}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _generate(signature: Signature) -> list[Any]:
    import numpy as np

    random = np.random.default_rng(SEED)
    rows = list[dict[str, Any]]()
    for _ in range(GENERATED_ROWS):
        row = dict[str, Any]()
        for spec in signature.inputs:
            shape = [axis if isinstance(axis, int) else DYNAMIC_SIZE for axis in spec.shape[1:]]
            row[spec.name] = _values(random, shape, np.dtype(spec.dtype))
        rows.append(row)
    return rows


def _values(random: Any, shape: list[int], dtype: Any) -> Any:  # noqa: ANN401 - numpy's Generator and dtype; nested lists
    """Return values that any model of this type accepts: standard normal, small whole numbers, true and false."""
    values = random.standard_normal(shape) if dtype.kind == "f" else random.integers(0, 2, shape)
    return values.astype(dtype).tolist()


def _invalid(path: Path, rule: str, fix: str) -> InvalidArgs:
    return InvalidArgs("the spec", (Issue("model.samples", f"`{path}`", rule, fix),))

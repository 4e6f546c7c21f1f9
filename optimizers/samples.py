"""Inputs for parity and measurement: the user's own, texts that ship with the product, or generated ones."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from optimizers.artifact import Tokenizer
from optimizers.errors import InvalidRow
from optimizers.huggingface_files import tokenizer_beside
from optimizers.model_source import ModelSource
from optimizers.rows import RowEncoder
from optimizers.samples_file import SampleRow, read_samples
from optimizers.signature import Signature

SEED = 20261123
USE_OWN = "give your own with `model.samples`"
GENERATED_ROWS = 32
# Two, so that a candidate with a fixed size cannot pass.
DYNAMIC_SIZES = (8, 16)
LARGEST_BYTE = 255


@dataclass(frozen=True, slots=True)
class _Model:
    """What decides which rows fit."""

    signature: Signature
    tokenizer: Tokenizer | None


def load_samples(source: ModelSource, signature: Signature, *, takes_text: bool) -> tuple[list[Any], str]:
    """
    Return sample rows in the form that an endpoint takes, and where they come from.

    Raises:
        InvalidArgs: The samples file is missing, empty or in another format, or a row of it does not fit the model.
    """
    if source.samples is not None:
        rows = read_samples(source.samples)
        model = _Model(signature, tokenizer_beside(source) if takes_text else None)
        _check(source.samples, rows, RowEncoder(model, source.path))
        return [row.value for row in rows], f"`{source.samples.name}`"
    if takes_text:
        text = (resources.files("optimizers") / "data" / "sample_texts.txt").read_text(encoding="utf-8")
        return text.splitlines(), f"sample texts of model-serving; {USE_OWN}"
    return _generate(signature), f"{_generated_words(signature)}, seed {SEED}; {USE_OWN}"


def _check(path: Path, rows: list[SampleRow], encoder: RowEncoder) -> None:
    """Refuse the first row that does not fit, here, where its file and place are known."""
    for index, row in enumerate(rows):
        try:
            encoder.encode_row(index, row.value)
        except InvalidRow as error:
            raise error.in_file(f"the samples `{path}`", f"model.samples, {row.place}") from None


def _generate(signature: Signature) -> list[Any]:
    import numpy as np

    random = np.random.default_rng(SEED)
    rows = list[dict[str, Any]]()
    for number in range(GENERATED_ROWS):
        dynamic = DYNAMIC_SIZES[number * len(DYNAMIC_SIZES) // GENERATED_ROWS]
        row = dict[str, Any]()
        for spec in signature.inputs:
            shape = [axis if isinstance(axis, int) else dynamic for axis in spec.shape[1:]]
            row[spec.name] = _values(random, shape, np.dtype(spec.dtype))
        rows.append(row)
    return rows


def _generated_words(signature: Signature) -> str:
    """Return which numbers are generated for these inputs."""
    words = {
        "f": "random numbers",
        "u": f"whole numbers 0 to {LARGEST_BYTE}",
        "i": "whole numbers 0 and 1",
        "b": "true and false",
    }
    found = {words[_kind(spec.dtype)]: None for spec in signature.inputs}
    return ", ".join(found)


def _kind(dtype: str) -> str:
    """Return numpy's letter for a type; of the unsigned ones only bytes are other than whole numbers: they are pixels."""
    import numpy as np

    kind = np.dtype(dtype).kind
    return "i" if kind == "u" and dtype != "uint8" else kind


def _values(random: Any, shape: list[int], dtype: Any) -> Any:  # noqa: ANN401 - numpy's Generator and dtype; nested lists
    """Return values that any model of this type accepts: standard normal, bytes, true and false, and the first two indices."""
    kind = _kind(str(dtype))
    limit = LARGEST_BYTE + 1 if kind == "u" else 2
    values = random.standard_normal(shape) if kind == "f" else random.integers(0, limit, shape)
    return values.astype(dtype).tolist()

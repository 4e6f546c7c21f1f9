"""Turn labelled records into encoded rows and what is to be answered, and refuse those that do not fit the model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from optimizers.errors import InvalidArgs, InvalidRow, Issue
from optimizers.evaluation_file import FIELD, INPUT, Record, place
from optimizers.metrics import NO_LABEL
from optimizers.rows import TOKEN_IDS, RowEncoder
from optimizers.shown_json import shown_json
from optimizers.vocabulary import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIGHEST_LABEL = 2**31


class Task(StrEnum):
    """What labelled data ask for."""

    CLASSES = "classes"
    TARGETS = "targets"
    PAIRS = "pairs"
    RETRIEVAL = "retrieval"
    TOKEN_LABELS = "token_labels"  # noqa: S105 - a task
    NEXT_TOKENS = "next_tokens"


class Form(NamedTuple):
    """Fields of a record, and what they ask for."""

    prediction: Prediction
    fields: tuple[str, ...]
    task: Task


FORMS = (
    Form(Prediction.CLASSIFICATION, (INPUT, "label"), Task.CLASSES),
    Form(Prediction.NUMERIC, (INPUT, "target"), Task.TARGETS),
    Form(Prediction.EMBEDDING, ("first", "second", "score"), Task.PAIRS),
    Form(Prediction.EMBEDDING, ("id", "document"), Task.RETRIEVAL),
    Form(Prediction.EMBEDDING, ("query", "relevant"), Task.RETRIEVAL),
    Form(Prediction.TOKENS, (INPUT, "labels"), Task.TOKEN_LABELS),
    Form(Prediction.TOKENS, (INPUT,), Task.NEXT_TOKENS),
)


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """
    One row for the model.

    Attributes:
        number: Of the record that it comes from.
        inputs: Its arrays, without the batch axis.
        wanted: What is to be answered, by name.
    """

    number: int
    inputs: "Mapping[str, NDArray[Any]]"
    wanted: Mapping[str, Any]


class RecordReader:
    """
    Turns the records of one file into rows; all records ask for what the first one asks for.

    Args:
        path: The file, for messages.
        prediction: What the model predicts.
        encoder: Checks and encodes inputs.
        first: The first record, which is not taken yet.

    Raises:
        InvalidArgs: Its fields are none that a model of this prediction can be scored with.
    """

    def __init__(self, path: Path, prediction: Prediction, encoder: RowEncoder, first: Record) -> None:
        self._path, self._encoder = path, encoder
        forms = [form for form in FORMS if form.prediction is prediction]
        rule = f"of a model that predicts `{prediction}` a record has {_either(forms)}"
        self.task: Task = self._form(first, forms, rule).task
        self._forms = [form for form in forms if form.task is self.task]
        self._target_size = 0
        self._documents: dict[object, int] = {}
        self._relevant: list[tuple[int, list[object]]] = []

    def rows(self, record: Record) -> list[LabelledRow]:
        """
        Return the rows of a record: two of a pair, else one.

        Raises:
            InvalidArgs: A field is missing or unknown, the input does not fit the model, or a label is none.
        """
        fields, number = record.fields, record.number
        form = self._form(record, self._forms, f"a record has {_either(self._forms)}, as the first one")
        if form.task is Task.PAIRS:
            score = self._number(number, "score", fields["score"])
            return [self._row(number, fields[name], {"score": score}) for name in ("first", "second")]
        if form.task is Task.RETRIEVAL:
            return [self._retrieved(record)]
        if form.task is Task.CLASSES:
            label = self._label(number, "label", fields["label"])
            return [self._row(number, fields[INPUT], {"label": label})]
        if form.task is Task.TARGETS:
            target = self._target(number, fields["target"])
            self._target_size = self._target_size or len(target)
            if not target or len(target) != self._target_size:
                rule = (
                    f"targets of one file have one size, {self._target_size} here" if target else "a target has numbers"
                )
                raise self._wrong(
                    number, f"a target of {len(target)} numbers", rule, "write as many as the model answers"
                )
            return [self._row(number, fields[INPUT], {"target": target})]
        row = self._row(number, fields[INPUT], {})
        ids = self._ids(row)
        labels = ids if form.task is Task.NEXT_TOKENS else self._labels(number, fields["labels"], len(ids))
        return [LabelledRow(number, row.inputs, {"label": labels})]

    def relevant(self) -> tuple[frozenset[int], ...]:
        """
        Return, of each query, the places of its relevant documents among all documents.

        Raises:
            InvalidArgs: A query names a document that the file does not have.
        """
        found = list[frozenset[int]]()
        for number, names in self._relevant:
            for name in names:
                if name not in self._documents:
                    raise self._wrong(
                        number, shown_json(name), "`relevant` holds ids of documents of the file", "correct it"
                    )
            found.append(frozenset(self._documents[name] for name in names))
        return tuple(found)

    def _wrong(self, number: int, got: str, rule: str, fix: str) -> InvalidArgs:
        issue = Issue(f"{FIELD}, {place(self._path, number)}", got, rule, fix)
        return InvalidArgs(f"the evaluation data `{self._path}`", (issue,))

    def _form(self, record: Record, forms: Sequence[Form], rule: str) -> Form:
        for form in forms:
            if set(form.fields) == record.fields.keys():
                return form
        raise self._wrong(record.number, f"the fields {_names(record.fields)}", rule, "write these fields")

    def _row(self, number: int, value: object, wanted: Mapping[str, Any]) -> LabelledRow:
        try:
            return LabelledRow(number, self._encoder.encode_row(number, value), wanted)
        except InvalidRow as error:
            where = f"{FIELD}, {place(self._path, number)}"
            raise error.in_file(f"the evaluation data `{self._path}`", where) from None

    def _retrieved(self, record: Record) -> LabelledRow:
        fields, number = record.fields, record.number
        if "query" in fields:
            names = fields["relevant"]
            if not isinstance(names, list) or not names or not all(isinstance(name, str | int) for name in names):
                raise self._wrong(
                    number, shown_json(names), "`relevant` is a list of one id or more", "list ids of documents"
                )
            self._relevant.append((number, cast("list[object]", names)))
            return self._row(number, fields["query"], {"is_query": True})
        name = fields["id"]
        if not isinstance(name, str | int) or name in self._documents:
            raise self._wrong(
                number, shown_json(name), "an `id` is a text or a whole number of one document", "change it"
            )
        self._documents[name] = len(self._documents)
        return self._row(number, fields["document"], {"is_query": False})

    def _label(self, number: int, field: str, value: object, lowest: int = 0) -> int:
        if type(value) is not int or not (0 <= value < HIGHEST_LABEL or value == lowest):
            rule = f"`{field}` holds whole numbers from 0 up: the place of the class among the model's scores"
            raise self._wrong(number, shown_json(value), rule, "write that number")
        return value

    def _labels(self, number: int, value: object, tokens: int) -> list[int]:
        if not isinstance(value, list) or len(cast("list[object]", value)) != tokens:
            got = f"{len(cast('list[object]', value))} labels" if isinstance(value, list) else shown_json(value)
            rule = f"the row has {tokens} tokens, special ones included, and each has a label"
            raise self._wrong(number, got, rule, f"write {NO_LABEL} for tokens that do not count")
        return [self._label(number, "labels", item, NO_LABEL) for item in cast("list[object]", value)]

    def _number(self, number: int, field: str, value: object) -> float:
        if type(value) not in {int, float} or not math.isfinite(cast("float", value)):
            raise self._wrong(number, shown_json(value), f"`{field}` holds finite numbers", "write a number")
        return float(cast("float", value))

    def _target(self, number: int, value: object) -> list[float]:
        if isinstance(value, list):
            return [inner for item in cast("list[object]", value) for inner in self._target(number, item)]
        return [self._number(number, "target", value)]

    def _ids(self, row: LabelledRow) -> list[int]:
        ids = row.inputs.get(TOKEN_IDS)
        if ids is None or ids.ndim != 1:
            raise self._wrong(
                row.number,
                "a row without token ids",
                f"of `tokens` a model takes `{TOKEN_IDS}`",
                "correct `prediction`",
            )
        tokens: list[int] = ids.tolist()
        return tokens


def stacked(rows: Sequence[LabelledRow]) -> "dict[str, NDArray[Any]]":
    """Return what is to be answered as arrays, rows on axis 0; tokens are padded with `NO_LABEL`."""
    import numpy as np

    found: dict[str, Any] = {"number": np.array([row.number for row in rows])}
    for name in rows[0].wanted:
        values = [row.wanted[name] for row in rows]
        if name == "label" and isinstance(values[0], list):
            longest = max(map(len, values))
            values = [[*value, *([NO_LABEL] * (longest - len(value)))] for value in values]
        found[name] = np.array(values)
    return found


def _names(fields: Mapping[str, object]) -> str:
    return ", ".join(f"`{name[:40]}`" for name in sorted(fields)) or "none"


def _either(forms: Sequence[Form]) -> str:
    return " or ".join(" and ".join(f"`{name}`" for name in form.fields) for form in forms)

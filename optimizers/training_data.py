"""Read what a model is trained on, check that it fits, and hand it to the process that trains."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.artifact import Tokenizer
from optimizers.errors import InvalidArgs, InvalidRow, Issue
from optimizers.metrics import NO_LABEL
from optimizers.model_source import ModelSource
from optimizers.original_job import OriginalFacts
from optimizers.rows import RowEncoder
from optimizers.sample_batches import read_batch, write_batch
from optimizers.samples_file import npz_columns, read_samples
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FIELD = "optimization.training.data"
# The array with what is to be answered: the place of a class, or the values themselves.
ANSWERS = {
    Prediction.CLASSIFICATION: "label",
    Prediction.TOKENS: "labels",
    Prediction.NUMERIC: "target",
    Prediction.EMBEDDING: "target",
}
# What answers with scores of classes, of which a label names one.
WITH_CLASSES = frozenset({Prediction.CLASSIFICATION, Prediction.TOKENS})
# Fewer rows than this leave nothing worth the name to hold out.
FEWEST_ROWS = 16
INPUTS_FILE, ANSWERS_FILE = "inputs.npz", "answers.npz"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """
    Encoded rows.

    Attributes:
        inputs: One array for each input of the model, rows on axis 0, texts padded to the longest.
        answers: What is to be answered, rows on axis 0; None where only the original tells that.
    """

    inputs: "Mapping[str, NDArray[Any]]"
    answers: "NDArray[Any] | None"

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.inputs.values())))

    def write(self, folder: Path) -> None:
        """Write them into a new folder."""
        folder.mkdir()
        write_batch(folder / INPUTS_FILE, self.inputs)
        if self.answers is not None:
            write_batch(folder / ANSWERS_FILE, {"answers": self.answers})

    @classmethod
    def read(cls, folder: Path) -> "TrainingData":
        """Return what was written."""
        answers = folder / ANSWERS_FILE
        return cls(read_batch(folder / INPUTS_FILE), read_batch(answers)["answers"] if answers.is_file() else None)


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What decides which rows fit: the signature, the tokenizer and its folder where the model takes text, and what it predicts."""

    signature: Signature
    prediction: Prediction
    tokenizer: Tokenizer | None = None
    folder: Path = Path()


def load_training_data(path: Path, model: TrainedModel) -> TrainingData:
    """
    Return the rows of a `.npz` file (an array for each input, and `label` or `target`), or of unlabelled `.json` or `.txt`.

    Raises:
        InvalidArgs: The file is missing, damaged or too short, or does not fit the model.
    """
    try:
        data = _arrays(path, model) if path.suffix == ".npz" else _encoded(path, model)
    except InvalidRow as error:
        raise _invalid(path, error.issue.got, f"row {error.index}: {error.issue.rule}", "correct that row") from None
    except InvalidArgs as error:
        # Samples are read in the same way, and named as such.
        raise InvalidArgs(error.source, tuple(replace(issue, path=FIELD) for issue in error.issues)) from None
    if data.rows < FEWEST_ROWS:
        raise _invalid(path, f"{data.rows} rows", f"training needs {FEWEST_ROWS} rows or more", "give more rows")
    return data


def prepare_training(source: ModelSource, facts: OriginalFacts, folder: Path) -> Path | None:
    """
    Encode the training data of a source into a new folder and return it; None where it has none.

    Raises:
        InvalidArgs: They are missing, damaged, too few, or do not fit the model.
    """
    if source.training is None:
        return None
    beside = facts.tokenizer_file.parent if facts.tokenizer_file else Path()
    model = TrainedModel(facts.signature, source.prediction, facts.tokenizer, beside)
    load_training_data(source.training, model).write(folder)
    return folder


def _encoded(path: Path, model: TrainedModel) -> TrainingData:
    encoder = RowEncoder(model, model.folder)
    return TrainingData(encoder.encode([row.value for row in read_samples(path)]), None)


def _arrays(path: Path, model: TrainedModel) -> TrainingData:
    columns = npz_columns(path)
    wanted = ANSWERS[model.prediction]
    specs = model.signature.inputs
    names = [spec.name for spec in specs]
    for name in names:
        if name not in columns:
            raise _invalid(path, f"the arrays {_listed(columns)}", f"the model takes {_listed(names)}", f"add `{name}`")
    if unknown := sorted(columns.keys() - {*names, wanted}):
        rule = f"the arrays are {_listed(names)} and, where there are labels, `{wanted}`"
        raise _invalid(path, f"an array `{unknown[0]}`", rule, f"remove or rename `{unknown[0]}`")
    rows = len(columns[names[0]])
    for name, column in columns.items():
        if len(column) != rows:
            rule = f"`{names[0]}` has {rows}, and every array has as many"
            raise _invalid(path, f"{len(column)} rows of `{name}`", rule, "correct the arrays")
    inputs = {spec.name: _fitting(path, spec, columns[spec.name]) for spec in specs}
    answers = columns.get(wanted)
    return TrainingData(inputs, None if answers is None else _answers(path, model, wanted, answers))


def _fitting(path: Path, spec: TensorSpec, array: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    fits = len(array.shape) == len(spec.shape) and all(
        size == axis or isinstance(axis, str) for size, axis in zip(array.shape, spec.shape, strict=True)
    )
    if not fits:
        expected = f"`{spec.name}` has the shape ({', '.join(map(str, spec.shape))})"
        raise _invalid(path, f"the shape {array.shape} of `{spec.name}`", expected, "correct the array")
    if not np.can_cast(array.dtype, spec.dtype, casting="same_kind"):
        rule = f"`{spec.name}` holds {spec.dtype}"
        raise _invalid(path, f"{array.dtype} in `{spec.name}`", rule, f"save `{spec.name}.astype('{spec.dtype}')`")
    _refuse_infinite(path, spec.name, array)
    return np.ascontiguousarray(array, dtype=spec.dtype)


def _answers(path: Path, model: TrainedModel, name: str, array: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    if len(model.signature.outputs) != 1:
        names = _listed([spec.name for spec in model.signature.outputs])
        raise _invalid(path, f"an array `{name}`", f"the model has several outputs ({names})", f"remove `{name}`")
    (output,) = model.signature.outputs
    if model.prediction not in WITH_CLASSES:
        return _fitting(path, output.model_copy(update={"name": name}), array)
    classes = output.shape[-1]
    if classes == 1 or len(output.shape) == 1:
        rule = f"`{output.name}` is a single score of a row, and nothing tells whether it is a logit or a probability"
        fix = f"remove `{name}` to train on what the original answers, or train with `optimization.training.function`"
        raise _invalid(path, f"an array `{name}`", rule, fix)
    places = _fitting(path, TensorSpec(name=name, dtype="int64", shape=output.shape[:-1]), array)
    counted = places[places != NO_LABEL] if model.prediction is Prediction.TOKENS else places
    if isinstance(classes, int) and counted.size and not (counted.min() >= 0 and counted.max() < classes):
        got = f"labels from {counted.min()} to {counted.max()}"
        raise _invalid(path, got, f"the model has the classes 0 to {classes - 1}", "correct the labels")
    return np.ascontiguousarray(places)


def _refuse_infinite(path: Path, name: str, array: "NDArray[Any]") -> None:
    import numpy as np

    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise _invalid(path, f"NaN or infinity in `{name}`", "the values are finite numbers", "remove these rows")


def _listed(names: Any) -> str:  # noqa: ANN401 - any collection of names
    return ", ".join(f"`{name}`" for name in names)


def _invalid(path: Path, got: str, rule: str, fix: str) -> InvalidArgs:
    return InvalidArgs(f"the training data `{path}`", (Issue(FIELD, got, rule, fix),))

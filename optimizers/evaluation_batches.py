"""Check labelled data against a model and write them as batches, before anything is built."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from optimizers.errors import InvalidRow
from optimizers.evaluation import INPUTS, WANTED, Evaluation
from optimizers.evaluation_file import FIELD, place, read_records
from optimizers.evaluation_rows import LabelledRow, RecordReader, Task, stacked
from optimizers.rows import RowEncoder
from optimizers.sample_batches import SUFFIX, write_batch
from optimizers.samples_file import invalid_file
from optimizers.signature import TensorSpec
from optimizers.vocabulary import Prediction

# Answers to a batch are held at once. Those of a language model are a number for each token and word of its vocabulary.
BATCH_ROWS = 32
# Padded to the longest, so that more of them would be mostly padding.
BATCH_TEXTS = 8
BATCH_OF_VOCABULARIES = 1

Rule = Callable[[TensorSpec], bool]


def has_scores(output: TensorSpec) -> bool:
    """Return whether it is `(batch, classes)`."""
    return len(output.shape) == 2 and output.shape[1] != 1  # noqa: PLR2004 - axes


def has_a_number(output: TensorSpec) -> bool:
    """Return whether it is `(batch)` or `(batch, 1)`."""
    return output.shape[1:] in {(), (1,)}


def is_embedding(output: TensorSpec) -> bool:
    """Return whether it is `(batch, size)`."""
    return len(output.shape) == 2  # noqa: PLR2004 - axes


def has_token_scores(output: TensorSpec) -> bool:
    """Return whether it is `(batch, tokens, classes)`."""
    return len(output.shape) == 3  # noqa: PLR2004 - axes


def is_any(_output: TensorSpec) -> bool:
    """Return that it is one."""
    return True


# What is scored, in words, and the rules of which the first that an output keeps decides.
SCORED: Mapping[Task, tuple[str, tuple[Rule, ...]]] = {
    Task.CLASSES: ("an output (batch, classes)", (has_scores, has_a_number)),
    Task.TARGETS: ("an output", (is_any,)),
    Task.PAIRS: ("an output (batch, size)", (is_embedding,)),
    Task.RETRIEVAL: ("an output (batch, size)", (is_embedding,)),
    Task.TOKEN_LABELS: ("an output (batch, tokens, classes)", (has_token_scores,)),
    Task.NEXT_TOKENS: ("an output (batch, tokens, vocabulary)", (has_token_scores,)),
}


def write_evaluation(
    path: Path, prediction: Prediction, encoder: RowEncoder, outputs: tuple[TensorSpec, ...], folder: Path
) -> Evaluation:
    """
    Check every record of a file of labelled data and write them as batches.

    Args:
        path: The user's file.
        prediction: What the model predicts.
        encoder: Checks and encodes inputs.
        outputs: The model's; one of them is scored.
        folder: Receives the batches; must not exist.

    Raises:
        InvalidArgs: The file is missing, damaged or empty, a record does not fit the model, or no output can be scored.
    """
    records = read_records(path)
    first = next(records)
    reader = RecordReader(path, prediction, encoder, first)
    output = _scored_output(path, reader.task, outputs)
    for part in (INPUTS, WANTED):
        (folder / part).mkdir(parents=True)
    count = 0
    waiting = list[LabelledRow]()
    for count, record in enumerate(chain((first,), records), start=1):
        rows = reader.rows(record)
        if waiting and not _fits(waiting, rows, encoder, reader.task):
            _write(path, folder, count, encoder, waiting)
            waiting = []
        waiting += rows
    _write(path, folder, count + 1, encoder, waiting)
    return Evaluation(path, folder, reader.task, output, count, reader.relevant())


def _fits(waiting: Sequence[LabelledRow], rows: Sequence[LabelledRow], encoder: RowEncoder, task: Task) -> bool:
    """Return whether rows may join a batch: it has room, and they are padded to one length or have one shape anyway."""
    most = BATCH_TEXTS if encoder.pads else BATCH_ROWS
    if len(waiting) + len(rows) > (BATCH_OF_VOCABULARIES if task is Task.NEXT_TOKENS else most):
        return False
    shapes = [[array.shape for array in row.inputs.values()] for row in (waiting[0], *rows)]
    return encoder.pads or all(shape == shapes[0] for shape in shapes)


def _write(path: Path, folder: Path, number: int, encoder: RowEncoder, rows: Sequence[LabelledRow]) -> None:
    name = f"{number:09d}{SUFFIX}"
    try:
        write_batch(folder / INPUTS / name, encoder.stack([row.inputs for row in rows]))
    except InvalidRow as error:  # the two of a pair
        where = f"{FIELD}, {place(path, rows[0].number)}"
        raise error.in_file(f"the evaluation data `{path}`", where) from None
    write_batch(folder / WANTED / name, stacked(rows))


def _scored_output(path: Path, task: Task, outputs: tuple[TensorSpec, ...]) -> TensorSpec:
    what, rules = SCORED[task]
    for rule in rules:
        for output in outputs:
            if rule(output):
                return output
    shown = ", ".join(f"`{item.name}` ({', '.join(map(str, item.shape))})" for item in outputs)
    fix = "correct `model.prediction`, or remove `model.evaluation`"
    raise invalid_file(path, f"{what} is scored, and the model gives {shown}", fix, FIELD)

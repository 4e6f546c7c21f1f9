"""The inputs that original and candidates are tried on, and the original's answers to them."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.accuracy import Accuracy
from optimizers.answer_check import first_not_finite, refuse_wrong
from optimizers.benchmark import BenchmarkConfig
from optimizers.errors import UnsupportedModel, first_line
from optimizers.evaluation import ScoredOriginal, score_original
from optimizers.evaluation_batches import write_evaluation
from optimizers.goal import Goal
from optimizers.model_source import ModelSource
from optimizers.original_job import OriginalFacts
from optimizers.parity import compare
from optimizers.report import Parity
from optimizers.rows import TOKEN_IDS, RowEncoder
from optimizers.samples import load_samples
from optimizers.samples_file import read_samples
from optimizers.session import Session
from optimizers.vocabulary import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Batches of several sizes, so that a candidate with a fixed batch or sequence length cannot pass.
PARITY_BATCH_SIZES = (1, 4, 8)
REFERENCE_ROWS = 4
REFERENCE_DIGITS = 7  # what a float32 holds; more would record noise


@dataclass(frozen=True, slots=True)
class Trial:
    """
    Encoded inputs.

    Attributes:
        samples_from: Where the samples come from, in words.
        batches: For parity: every sample row once.
        expected: The original's outputs for `batches`.
        loads: For measurement: batch size to one batch.
        sequence_length: Tokens of each measured row, for models that take text.
        reference: The content of `reference.json`.
        reference_rows: The rows in it.
        encoder: Turns rows into batches.
        evaluation: Labelled data with the original's scores; None where the user gave none.
    """

    samples_from: str
    batches: "tuple[Mapping[str, NDArray[Any]], ...]"
    expected: "tuple[Mapping[str, NDArray[Any]], ...]"
    loads: "Mapping[int, Mapping[str, NDArray[Any]]]"
    sequence_length: int | None
    reference: str
    reference_rows: list[Any]
    encoder: RowEncoder
    evaluation: ScoredOriginal | None

    def answers(self, session: Session) -> "Iterator[Mapping[str, NDArray[Any]]]":
        """
        Yield a candidate's outputs for the parity batches.

        Raises:
            WrongAnswer: They are of another type or shape than the original's, or not finite.
        """
        first_row = 0
        for batch, expected in zip(self.batches, self.expected, strict=True):
            answer = session.run(batch)
            refuse_wrong(expected, answer, first_row)
            yield answer
            first_row += len(next(iter(expected.values())))

    def judge(self, session: Session, prediction: Prediction, goal: Goal) -> tuple[Parity, Accuracy | None]:
        """
        Return how near a candidate's answers are to the original's, and how right on labelled data.

        Raises:
            WrongAnswer: An answer cannot be right, whatever it is compared with.
        """
        parity = compare(prediction, self.expected, self.answers(session), goal.thresholds, self.batches)
        return parity, self.evaluation.accuracy(session, goal.accuracy) if self.evaluation else None

    def reference_of(self, session: Session) -> str:
        """Return the reference rows with a candidate's own answers."""
        return _reference(self.reference_rows, self.encoder, session)


def prepare(
    source: ModelSource, facts: OriginalFacts, original: Session, config: BenchmarkConfig, folder: Path | None = None
) -> Trial:
    """
    Encode the samples and let the original answer them.

    Args:
        source: Where the model and the samples lie.
        facts: What is known of the loaded original.
        original: Answers as it does.
        config: Sizes of the measured batches.
        folder: Receives the batches of labelled data, and must not exist; None leaves these data out.

    Raises:
        InvalidArgs: The samples or the labelled data are missing or do not fit the model.
        UnsupportedModel: The original itself fails on them or answers with NaN.
    """
    encoder = RowEncoder(facts, facts.tokenizer_file.parent if facts.tokenizer_file else Path())
    takes_text = facts.tokenizer is not None
    if facts.samples is None:
        rows, samples_from = load_samples(source, facts.signature, takes_text=takes_text)
    else:
        rows, samples_from = [row.value for row in read_samples(facts.samples)], facts.samples_from
    batches = _batches(rows, encoder, pads=takes_text)
    expected = tuple(_answers(original, batches, source))
    length = min(config.sequence_length, facts.tokenizer.max_length) if facts.tokenizer else None
    measured = rows_of_length(rows, encoder, length) if length else rows[:1]
    loads = {
        size: encoder.encode([measured[index % len(measured)] for index in range(size)])
        for size in {*config.batch_sizes, *config.profile_batch_sizes}
    }
    chosen = rows[:REFERENCE_ROWS]
    return Trial(
        samples_from=samples_from,
        batches=batches,
        expected=expected,
        loads=loads,
        sequence_length=length,
        reference=_reference(chosen, encoder, original),
        reference_rows=chosen,
        encoder=encoder,
        evaluation=_evaluate(source, facts, original, encoder, folder),
    )


def _evaluate(
    source: ModelSource, facts: OriginalFacts, original: Session, encoder: RowEncoder, folder: Path | None
) -> ScoredOriginal | None:
    if source.evaluation is None or folder is None:
        return None
    data = write_evaluation(source.evaluation, source.prediction, encoder, facts.signature.outputs, folder)
    return score_original(original, data, source.location)


def _batches(rows: list[Any], encoder: RowEncoder, *, pads: bool) -> "tuple[Mapping[str, NDArray[Any]], ...]":
    """Return the rows in batches of changing size; rows that are not padded share a batch with neighbours of their shape."""
    encoded = [encoder.encode_row(index, row) for index, row in enumerate(rows)]
    batches = list[Mapping[str, Any]]()
    for _, group in itertools.groupby(encoded, lambda row: pads or tuple(array.shape for array in row.values())):
        alike, sizes = list(group), itertools.cycle(PARITY_BATCH_SIZES)
        while alike:
            size = next(sizes)
            batches.append(encoder.stack(alike[:size]))
            alike = alike[size:]
    return tuple(batches)


def _answers(
    session: Session, batches: "Iterable[Mapping[str, NDArray[Any]]]", source: ModelSource
) -> "Iterator[Mapping[str, NDArray[Any]]]":
    """Yield the original's outputs for each batch; a row that it cannot answer is counted from the first batch on."""
    first_row = 0
    for batch in batches:
        try:
            outputs = session.run(batch)
        except Exception as error:
            reason = first_line(error)
            raise UnsupportedModel(f"{source.location}: the original fails on the samples ({reason})") from error
        for name, values in outputs.items():
            row = first_not_finite(values)
            if row is not None:
                raise UnsupportedModel(
                    f"{source.location}: the original answers sample {first_row + row} (counted from 0) with NaN or infinity "
                    f"in output `{name}`; repair the model"
                )
        yield outputs
        first_row += len(next(iter(batch.values())))


def rows_of_length(rows: list[Any], encoder: RowEncoder, length: int) -> list[list[int]]:
    """Return rows of exactly `length` token ids, cut from the texts `rows` one after the other."""
    ids = [int(token) for row in rows for token in encoder.encode([row])[TOKEN_IDS][0]]
    repeated = list(itertools.islice(itertools.cycle(ids), max(len(ids), length)))
    return [repeated[start : start + length] for start in range(0, len(repeated) - length + 1, length)]


def _reference(rows: list[Any], encoder: RowEncoder, session: Session) -> str:
    """Return rows with a model's answers, each answered alone."""
    answers = list[Any]()
    for row in rows:
        inputs = encoder.encode([row])
        answers += encoder.answers(session.run(inputs), inputs)
    content = {"inputs": rows, "outputs": _rounded(answers)}
    return json.dumps(content, ensure_ascii=False)


def _rounded(value: Any) -> Any:  # noqa: ANN401 - nested lists and dicts of numbers
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.{REFERENCE_DIGITS}g}") if isinstance(value, float) else value

"""Score models on the user's labelled data, batch by batch from files: memory does not grow with the data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.accuracy import Accuracy, AccuracyLimits, judge
from optimizers.answer_check import WrongAnswer, first_not_finite
from optimizers.errors import InvalidArgs, Issue, UnsupportedModel, short_reason
from optimizers.evaluation_file import FIELD, place
from optimizers.evaluation_rows import Task
from optimizers.metrics import (
    ClassCounts,
    Errors,
    MetricName,
    PairSimilarities,
    RankedScores,
    Retrieval,
    Scorer,
    TokenLikelihood,
)
from optimizers.sample_batches import SUFFIX, read_batch
from optimizers.samples_file import invalid_file
from optimizers.session import Session
from optimizers.signature import TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

INPUTS, WANTED = "inputs", "wanted"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    Labelled rows, encoded, in files.

    Attributes:
        path: The user's file, for messages.
        folder: Holds the batches.
        task: What the data ask for.
        output: The model's output that is scored.
        rows: Records that are scored.
        relevant: Of each query, the places of its relevant documents; empty for everything but retrieval.
    """

    path: Path
    folder: Path
    task: Task
    output: TensorSpec
    rows: int
    relevant: tuple[frozenset[int], ...]

    def batches(self) -> "Iterator[tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]]":
        """Yield each batch of inputs with what is to be answered."""
        for file in sorted((self.folder / INPUTS).glob(f"*{SUFFIX}")):
            yield read_batch(file), read_batch(self.folder / WANTED / file.name)

    def scorer(self) -> Scorer:
        """Return what takes the answers."""
        scorers: dict[Task, Scorer] = {
            Task.CLASSES: RankedScores() if self.is_single_score else ClassCounts(),
            Task.TARGETS: Errors(),
            Task.PAIRS: PairSimilarities(),
            Task.RETRIEVAL: Retrieval(self.relevant),
            Task.TOKEN_LABELS: ClassCounts((MetricName.TOKEN_ACCURACY, MetricName.TOKEN_MACRO_F1)),
            Task.NEXT_TOKENS: TokenLikelihood(),
        }
        return scorers[self.task]

    @property
    def is_single_score(self) -> bool:
        """Whether the output is one score a row, such as a probability, and no class."""
        return self.output.shape[1:] in {(), (1,)} and self.output.dtype.startswith("float")

    def place(self, wanted: "Mapping[str, NDArray[Any]]", row: int) -> str:
        """Return where in the user's file a row of a batch stands, in words."""
        return place(self.path, int(wanted["number"][row]))


@dataclass(frozen=True, slots=True)
class ScoredOriginal:
    """
    The evaluation data and what the original scores on them.

    Attributes:
        spread: Standard deviation of the targets; 0 where there are none.
    """

    evaluation: Evaluation
    scores: dict[MetricName, float]
    spread: float

    @property
    def data(self) -> str:
        """What was scored, in words."""
        return f"`{self.evaluation.path.name}`, {self.evaluation.rows} rows"

    def accuracy(self, session: Session, limits: AccuracyLimits) -> Accuracy:
        """
        Return the verdict on a candidate.

        Raises:
            WrongAnswer: It answers a row with NaN or infinity.
        """
        evaluation, scorer = self.evaluation, self.evaluation.scorer()
        for inputs, wanted in evaluation.batches():
            answers = session.run(inputs)[evaluation.output.name]
            row = first_not_finite(answers)
            if row is not None:
                where = f"{evaluation.place(wanted, row)} of the evaluation data"
                raise WrongAnswer(f"output `{evaluation.output.name}` is NaN or infinite for {where}")
            scorer.add(answers, wanted)
        return judge(self.scores, scorer.scores(), limits=limits, spread=self.spread, rows=evaluation.rows)


def score_original(session: Session, evaluation: Evaluation, location: str) -> ScoredOriginal:
    """
    Return what the original scores.

    Raises:
        InvalidArgs: A label is none of the model's classes, targets have another size than answers, or the data cannot
            tell a good model from a bad one.
        UnsupportedModel: The original fails on a row, or answers it with NaN or infinity.
    """
    scorer = evaluation.scorer()
    for inputs, wanted in evaluation.batches():
        try:
            answers = session.run(inputs)[evaluation.output.name]
        except Exception as error:
            reason = short_reason(error)
            raise UnsupportedModel(f"{location}: the original fails on the evaluation data ({reason})") from error
        row = first_not_finite(answers)
        if row is not None:
            where = f"{evaluation.place(wanted, row)} of the evaluation data"
            raise UnsupportedModel(f"{location}: the original answers {where} with NaN or infinity; repair the model")
        _refuse_unfit(evaluation, answers, wanted)
        scorer.add(answers, wanted)
    lack = scorer.lack()
    if lack:
        raise invalid_file(evaluation.path, lack, "add rows", FIELD)
    return ScoredOriginal(evaluation, scorer.scores(), scorer.spread if isinstance(scorer, Errors) else 0.0)


def _refuse_unfit(evaluation: Evaluation, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
    """Refuse labels that the model cannot give; how many classes it has, an answer tells for certain."""
    name, labels = evaluation.output.name, wanted.get("label")
    if "target" in wanted and wanted["target"].size != answers.size:
        numbers, answered = wanted["target"].shape[1], answers[0].size
        raise _unfit(evaluation, wanted, 0, f"a target of {numbers} numbers", f"output `{name}` has {answered} a row")
    if labels is None or (answers.size == labels.size and not evaluation.is_single_score):
        return
    classes = 2 if evaluation.is_single_score else answers.shape[-1]
    if labels.max() < classes:
        return
    row = int(labels.reshape(len(labels), -1).max(axis=1).argmax())
    raise _unfit(
        evaluation, wanted, row, f"label {labels.max()}", f"output `{name}` has the classes 0 to {classes - 1}"
    )


def _unfit(evaluation: Evaluation, wanted: "Mapping[str, NDArray[Any]]", row: int, got: str, rule: str) -> InvalidArgs:
    issue = Issue(f"{FIELD}, {evaluation.place(wanted, row)}", got, rule, "correct it")
    return InvalidArgs(f"the evaluation data `{evaluation.path}`", (issue,))

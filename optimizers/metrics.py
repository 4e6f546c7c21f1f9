"""Every metric that answers are scored with on labelled data: direction, range, and what may be lost of it, as data."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

INFINITY = float("inf")
# The label of a token that does not count, as in PyTorch's `CrossEntropyLoss(ignore_index=-100)`.
NO_LABEL = -100
# Depth of a first page of results, at which retrieval benchmarks such as BEIR (Thakur et al., 2021) cut off.
RETRIEVED = 10
LIMIT_DIGITS = 12


class MetricName(StrEnum):
    """The name of a metric, as reports show it."""

    ACCURACY = "accuracy"
    MACRO_F1 = "macro_f1"
    ROC_AUC = "roc_auc"
    RMSE = "rmse"
    MAE = "mae"
    R2 = "r2"
    SPEARMAN = "spearman"
    RECALL_AT_10 = "recall_at_10"
    TOKEN_ACCURACY = "token_accuracy"  # noqa: S105 - a metric
    TOKEN_MACRO_F1 = "token_macro_f1"  # noqa: S105 - a metric
    PERPLEXITY = "perplexity"
    NEXT_TOKEN_ACCURACY = "next_token_accuracy"  # noqa: S105 - a metric


Worst = Callable[[float, float, float], float]


def less_by(original: float, loss: float, _spread: float) -> float:
    """Return the worst value allowed of a share or a correlation: lower by at most `loss`."""
    return original - loss


def more_by_spread(original: float, loss: float, spread: float) -> float:
    """Return the worst error allowed: larger by at most `loss` standard deviations of what was to be answered."""
    return original + loss * spread


def more_by_share(original: float, loss: float, _spread: float) -> float:
    """Return the worst value allowed of what only a ratio compares: larger by at most the share `loss`."""
    return original * (1 + loss)


@dataclass(frozen=True, slots=True)
class Metric:
    """
    What a value of a metric means.

    Attributes:
        lowest: End of its range.
        highest: The other end.
        worst: The worst value allowed, from the original's, the loss allowed, and the standard deviation of the targets.
    """

    higher_is_better: bool
    lowest: float
    highest: float
    worst: Worst

    def limit(self, original: float, loss: float, spread: float) -> float:
        """Return the worst value allowed; rounded, so that a candidate exactly at it is not refused for the last bit."""
        return round(self.worst(original, loss, spread), LIMIT_DIGITS)

    def reaches(self, value: float, limit: float) -> bool:
        """Return whether a value is as good as the limit or better."""
        rounded = round(value, LIMIT_DIGITS)
        return rounded >= limit if self.higher_is_better else rounded <= limit


_SHARE = Metric(higher_is_better=True, lowest=0, highest=1, worst=less_by)
_ERROR = Metric(higher_is_better=False, lowest=0, highest=INFINITY, worst=more_by_spread)

METRICS: Mapping[MetricName, Metric] = {
    MetricName.ACCURACY: _SHARE,
    MetricName.MACRO_F1: _SHARE,
    MetricName.ROC_AUC: _SHARE,
    MetricName.RMSE: _ERROR,
    MetricName.MAE: _ERROR,
    MetricName.R2: Metric(higher_is_better=True, lowest=-INFINITY, highest=1, worst=less_by),
    MetricName.SPEARMAN: Metric(higher_is_better=True, lowest=-1, highest=1, worst=less_by),
    MetricName.RECALL_AT_10: _SHARE,
    MetricName.TOKEN_ACCURACY: _SHARE,
    MetricName.TOKEN_MACRO_F1: _SHARE,
    MetricName.PERPLEXITY: Metric(higher_is_better=False, lowest=1, highest=INFINITY, worst=more_by_share),
    MetricName.NEXT_TOKEN_ACCURACY: _SHARE,
}


class Scorer(Protocol):
    """Takes answers batch by batch, keeps what its metrics need, and gives their values; the first one decides."""

    def add(self, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
        """Take the answers to a batch; `wanted` holds what was to be answered, rows on axis 0."""
        ...

    def lack(self) -> str:
        """Return why what was added cannot tell a good model from a bad one; empty where it can."""
        ...

    def scores(self) -> dict[MetricName, float]:
        """Return the value of each metric over everything that was added."""
        ...


@dataclass(slots=True)
class ClassCounts:
    """
    Accuracy and macro F1 of classes; three counts a class are all that is kept.

    F1 of a class is 2 TP / (2 TP + FP + FN) (van Rijsbergen, Information Retrieval, 1979); macro F1 is the mean over the
    classes that are labels or answers, as scikit-learn's `f1_score(average="macro")` has it.

    Attributes:
        names: Of the two metrics: classes of rows, or of tokens.
    """

    names: tuple[MetricName, MetricName] = (MetricName.ACCURACY, MetricName.MACRO_F1)
    _right: Counter[int] = field(default_factory=Counter[int])
    _answered: Counter[int] = field(default_factory=Counter[int])
    _labelled: Counter[int] = field(default_factory=Counter[int])

    def add(self, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
        """Take scores `(…, classes)`, or the classes themselves, one a label; labels of `NO_LABEL` do not count."""
        import numpy as np

        labels = wanted["label"]
        found = answers.reshape(labels.shape) if answers.size == labels.size else answers.argmax(axis=-1)
        counted = labels != NO_LABEL
        labels, found = labels[counted].astype(np.int64), found[counted].astype(np.int64)
        for counts, classes in (
            (self._right, labels[labels == found]),
            (self._answered, found),
            (self._labelled, labels),
        ):
            values, times = np.unique(classes, return_counts=True)
            counts.update(dict(zip(values.tolist(), times.tolist(), strict=True)))

    def lack(self) -> str:
        """Return what is missing."""
        return "" if self._labelled else "no token has a label"

    def scores(self) -> dict[MetricName, float]:
        """Return both."""
        both = self._answered + self._labelled
        f1 = [2 * self._right[name] / count for name, count in both.items()]
        return {
            self.names[0]: self._right.total() / self._labelled.total(),
            self.names[1]: math.fsum(f1) / len(f1),
        }


@dataclass(slots=True)
class RankedScores:
    """
    ROC AUC of a single score, of which nobody knows where its threshold lies; a score and a label a row are kept.

    The share of pairs of a positive and a negative row that the scores put in order, ties counted half: the Mann-Whitney
    U over the number of pairs (Hanley and McNeil, Radiology 143, 1982).
    """

    _scores: list[Any] = field(default_factory=list[Any])
    _labels: list[Any] = field(default_factory=list[Any])

    def add(self, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
        """Take one score a row; labels are 0 and 1."""
        self._scores.append(answers.reshape(len(answers)).astype("float64"))
        self._labels.append(wanted["label"])

    def lack(self) -> str:
        """Return what is missing."""
        both = {int(label) for labels in self._labels for label in set(labels.tolist())} == {0, 1}
        return "" if both else "all labels are the same, and a single score is ranked by rows of both"

    def scores(self) -> dict[MetricName, float]:
        """Return the area."""
        import numpy as np

        positive = np.concatenate(self._labels) == 1
        ranks = _ranks(np.concatenate(self._scores))
        above = ranks[positive].sum() - positive.sum() * (positive.sum() + 1) / 2
        return {MetricName.ROC_AUC: float(above / (positive.sum() * (~positive).sum()))}


@dataclass(slots=True)
class Errors:
    """
    RMSE, MAE and R2 of numbers; sums are all that is kept.

    R2 is 1 - residual over total sum of squares (Draper and Smith, Applied Regression Analysis, 1998), over all columns
    together, as scikit-learn's `r2_score(multioutput="variance_weighted")`. The total is merged batch by batch (Chan,
    Golub and LeVeque, 1979), since a difference of large sums would lose it.
    """

    _count: int = 0
    _squared: float = 0.0
    _absolute: float = 0.0
    _mean: Any = 0.0
    _total: Any = 0.0

    def add(self, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
        """Take numbers of any shape; targets are `(rows, numbers of a row)`."""
        import numpy as np

        targets = wanted["target"].astype("float64")
        error = answers.reshape(targets.shape).astype("float64") - targets
        with np.errstate(over="ignore"):
            self._squared += float((error**2).sum())
            self._absolute += float(abs(error).sum())
        rows, mean = len(targets), targets.mean(axis=0)
        apart, together = mean - self._mean, self._count + rows
        self._total += ((targets - mean) ** 2).sum(axis=0) + apart**2 * self._count * rows / together
        self._mean += apart * rows / together
        self._count = together

    def lack(self) -> str:
        """Return what is missing."""
        return "" if self._total.sum() > 0 else "all targets are the same, which a constant would answer too"

    @property
    def spread(self) -> float:
        """Standard deviation of the targets around the mean of their column."""
        return float((self._total.sum() / (self._count * self._total.size)) ** 0.5)

    def scores(self) -> dict[MetricName, float]:
        """Return all three; R2 only where targets differ."""
        numbers = self._count * self._total.size
        found = {MetricName.RMSE: (self._squared / numbers) ** 0.5, MetricName.MAE: self._absolute / numbers}
        total = float(self._total.sum())
        return {**found, MetricName.R2: 1 - self._squared / total} if total > 0 else found


@dataclass(slots=True)
class PairSimilarities:
    """
    Spearman correlation of cosine similarities with the similarities that people gave; two numbers a pair are kept.

    Pearson's correlation of the ranks, ties at their mean rank (Spearman, 1904). STS benchmarks are ranked by it, since
    what counts is the order (Reimers, Beyer and Gurevych, COLING 2016).
    """

    _cosines: list[Any] = field(default_factory=list[Any])
    _wanted: list[Any] = field(default_factory=list[Any])

    def add(self, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
        """Take embeddings `(2 x pairs, size)`: the two of a pair follow each other, and both carry its score."""
        unit = _unit(answers)
        self._cosines.append((unit[0::2] * unit[1::2]).sum(axis=1))
        self._wanted.append(wanted["score"][0::2])

    def lack(self) -> str:
        """Return what is missing."""
        differ = len({float(score) for scores in self._wanted for score in set(scores.tolist())}) > 1
        return "" if differ else "all scores are the same, so they give no order"

    def scores(self) -> dict[MetricName, float]:
        """Return the correlation; 0 where all embeddings are equally similar."""
        import numpy as np

        # Similarities of equal embeddings differ in the last bits, which would give ties an order.
        found = _ranks(np.round(np.concatenate(self._cosines), LIMIT_DIGITS))
        ranks = _ranks(np.concatenate(self._wanted))
        found, ranks = found - found.mean(), ranks - ranks.mean()
        lengths = float(np.sqrt((found**2).sum() * (ranks**2).sum()))
        value = float((found * ranks).sum()) / lengths if lengths > 0 else 0.0
        return {MetricName.SPEARMAN: min(1.0, max(-1.0, value))}


@dataclass(slots=True)
class Retrieval:
    """
    Recall at 10: the share of a query's relevant documents among the ten nearest by cosine, averaged over queries.

    Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 8. The embeddings are kept, in
    float32: any document may be near to any query. Of two that are equally near, the earlier one comes first.

    Attributes:
        relevant: Of each query, in order, the places of the documents that are relevant.
    """

    relevant: Sequence[frozenset[int]]
    _documents: list[Any] = field(default_factory=list[Any])
    _queries: list[Any] = field(default_factory=list[Any])

    def add(self, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
        """Take embeddings `(rows, size)`; `is_query` tells queries from documents."""
        unit = _unit(answers).astype("float32")
        self._documents.append(unit[~wanted["is_query"]])
        self._queries.append(unit[wanted["is_query"]])

    def lack(self) -> str:
        """Return what is missing."""
        documents = sum(map(len, self._documents))
        if not self.relevant:
            return "no record is a query"
        return "" if documents > RETRIEVED else f"the {RETRIEVED} nearest of {documents} documents are all of them"

    def scores(self) -> dict[MetricName, float]:
        """Return the mean over all queries."""
        import numpy as np

        documents, queries = np.concatenate(self._documents), np.concatenate(self._queries)
        shares = list[float]()
        for query, relevant in zip(queries, self.relevant, strict=True):
            nearest = np.argsort(-(documents @ query), kind="stable")[:RETRIEVED]
            shares.append(len(relevant.intersection(nearest.tolist())) / len(relevant))
        return {MetricName.RECALL_AT_10: sum(shares) / len(shares)}


@dataclass(slots=True)
class TokenLikelihood:
    """
    Perplexity of a causal language model: e to the mean negative log-likelihood of each next token (Jelinek et al., 1977).

    Rows are scored as they are, cut to the model's longest input; padded tokens and the first one of a row do not count.
    """

    _count: int = 0
    _nll: float = 0.0
    _right: int = 0

    def add(self, answers: "NDArray[Any]", wanted: "Mapping[str, NDArray[Any]]") -> None:
        """Take logits `(rows, tokens, vocabulary)`; `label` holds the tokens themselves, `NO_LABEL` where padded."""
        import numpy as np

        for row, tokens in zip(answers, wanted["label"], strict=True):
            counted = tokens[1:] != NO_LABEL
            logits, following = row[:-1][counted], tokens[1:][counted]
            if not len(following):
                continue
            highest = logits.max(axis=-1, keepdims=True)
            log_sum = np.log(np.exp(logits - highest).sum(axis=-1, dtype=np.float64)) + highest[:, 0]
            self._nll += float((log_sum - logits[np.arange(len(following)), following]).sum(dtype=np.float64))
            self._right += int((logits.argmax(axis=-1) == following).sum())
            self._count += len(following)

    def lack(self) -> str:
        """Return what is missing."""
        return "" if self._count else "no text has two tokens"

    def scores(self) -> dict[MetricName, float]:
        """Return perplexity, and the share of next tokens that had the highest logit."""
        import numpy as np

        with np.errstate(over="ignore"):
            perplexity = float(np.exp(self._nll / self._count))
        return {MetricName.PERPLEXITY: max(1.0, perplexity), MetricName.NEXT_TOKEN_ACCURACY: self._right / self._count}


def _ranks(values: "NDArray[Any]") -> "NDArray[Any]":
    """Return the rank of each value from 1 up, ties at their mean rank."""
    import numpy as np

    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[Any] = ((2 * last - counts + 1) / 2)[places.reshape(-1)]
    return ranks


def _unit(embeddings: "NDArray[Any]") -> "NDArray[Any]":
    """Return rows of length 1; a zero vector stays one, and is similar to nothing."""
    import numpy as np

    values = embeddings.astype(np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit: NDArray[Any] = values / np.where(lengths > 0, lengths, 1)
    return unit

"""How well a candidate answers labelled data, against the original, and how much of it may be lost."""

import sys
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from optimizers.metrics import METRICS, MetricName

LARGEST = sys.float_info.max


class AccuracyLimits(BaseModel):
    """
    The largest loss of each deciding metric that a candidate may show on the evaluation data.

    The defaults are the drop that NNCF's `quantize_with_accuracy_control` allows, `max_drop=0.01`: it is absolute there, and
    so it is here for what lies between 0 and 1.

    Attributes:
        accuracy: Classifiers: share of right rows, absolute.
        roc_auc: Classifiers with a single score: area under the ROC curve, absolute.
        rmse: Numbers: root mean squared error, in standard deviations of the targets, so that their unit does not matter.
        spearman: Embeddings of pairs: correlation with the given similarities, absolute.
        recall_at_10: Embeddings of queries and documents: share of relevant documents found, absolute.
        token_accuracy: Tokens with labels: share of right tokens, absolute.
        perplexity: Language models: relative, since only ratios of perplexities mean the same for every model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: float = Field(default=0.01, ge=0, le=1)
    roc_auc: float = Field(default=0.01, ge=0, le=1)
    rmse: float = Field(default=0.01, ge=0, le=1000)
    spearman: float = Field(default=0.01, ge=0, le=2)
    recall_at_10: float = Field(default=0.01, ge=0, le=1)
    token_accuracy: float = Field(default=0.01, ge=0, le=1)
    perplexity: float = Field(default=0.01, ge=0, le=1000)

    def of(self, metric: MetricName) -> float:
        """Return the loss allowed of a deciding metric."""
        loss: float = getattr(self, metric)
        return loss


class Score(BaseModel):
    """A metric beside the deciding one; nothing is refused for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: MetricName
    original: float = Field(allow_inf_nan=False)
    value: float = Field(allow_inf_nan=False)


class Accuracy(BaseModel):
    """
    A candidate's score on the evaluation data.

    Attributes:
        metric: The one that decides.
        original: What the original model scores.
        value: What the candidate scores.
        limit: The worst value allowed.
        rows: Rows, pairs or texts that were scored.
        passed: `value` is `limit` or better.
        further: Other metrics of the same answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: MetricName
    original: float = Field(allow_inf_nan=False)
    value: float = Field(allow_inf_nan=False)
    limit: float = Field(allow_inf_nan=False)
    rows: int = Field(gt=0)
    passed: bool
    further: tuple[Score, ...] = ()

    @model_validator(mode="after")
    def _passed_as_measured(self) -> Self:
        if self.passed is not METRICS[self.metric].reaches(self.value, self.limit):
            raise ValueError(f"passed is {self.passed}, and {self.in_words} says otherwise")
        return self

    @property
    def in_words(self) -> str:
        """Metric, the candidate's value, the original's and the limit."""
        return f"{self.metric} {self.value:.5g} (original {self.original:.5g}, limit {self.limit:.5g})"

    @property
    def against_limit(self) -> str:
        """The same as a sentence about a candidate that did not pass."""
        relation = "under" if METRICS[self.metric].higher_is_better else "over"
        return f"{self.metric} {self.value:.5g} is {relation} the limit {self.limit:.5g}; the original has {self.original:.5g}"


def judge(
    original: dict[MetricName, float],
    candidate: dict[MetricName, float],
    *,
    limits: AccuracyLimits,
    spread: float,
    rows: int,
) -> Accuracy:
    """
    Return the verdict on a candidate.

    Args:
        original: What the original scores; the first metric decides.
        candidate: What the candidate scores, by the same metrics.
        limits: How much may be lost.
        spread: Standard deviation of the targets, for errors; 0 for everything else.
        rows: How many were scored.
    """
    original, candidate = ({name: _finite(value) for name, value in scores.items()} for scores in (original, candidate))
    metric, *others = original
    limit = _finite(METRICS[metric].limit(original[metric], limits.of(metric), spread))
    return Accuracy(
        metric=metric,
        original=original[metric],
        value=candidate[metric],
        limit=limit,
        rows=rows,
        passed=METRICS[metric].reaches(candidate[metric], limit),
        further=tuple(Score(metric=name, original=original[name], value=candidate[name]) for name in others),
    )


def _finite(value: float) -> float:
    """Return the largest number in the place of an infinity, which JSON has not: an error may be too large to be squared."""
    return max(-LARGEST, min(LARGEST, value))

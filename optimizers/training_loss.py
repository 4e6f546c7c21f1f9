"""What a student is trained to make small: its distance from labels, and from what the original answers. Imports torch."""

from dataclasses import dataclass

import torch
from torch.nn import functional

from optimizers.metrics import NO_LABEL
from optimizers.training_data import WITH_CLASSES
from optimizers.vocabulary import Prediction

# What the blocks' outputs count for beside the answers: the cosine's 1 of 8 parts in DistilBERT's published training.
HIDDEN_SHARE = 0.125
SMALLEST_PROBABILITY = 1e-9


@dataclass(frozen=True, slots=True)
class Objective:
    """
    Which distances count.

    Attributes:
        prediction: Cross-entropy for classes, cosine for embeddings, else the mean squared error.
        soft_share: What the original's answers count for, the rest is the labels'; 1 where there are none.
        temperature: What scores are divided by before they are compared with the original's.
        hidden: Whether the last block's output counts too, by its cosine with the original's (Sanh et al. 2019, section 3).
    """

    prediction: Prediction
    soft_share: float
    temperature: float = 1.0
    hidden: bool = False


def soft_loss(
    objective: Objective, student: torch.Tensor, teacher: torch.Tensor, counts: torch.Tensor | None
) -> torch.Tensor:
    """
    Return the distance between two answers of the same shape.

    Of classes it is the Kullback-Leibler divergence at the temperature, times its square, so that its gradients are as
    large as the labels' (Hinton et al. 2015, section 2).

    Args:
        objective: Decides the distance.
        student: `(batch, …)`, classes or the vector's values on the last axis.
        teacher: The original's, likewise.
        counts: `(batch, sequence)`, False where a token is padding; None where every value counts.
    """
    if objective.prediction in WITH_CLASSES and has_classes(student):
        heat = objective.temperature
        ours, theirs = (functional.log_softmax(_scores(values) / heat, dim=-1) for values in (student, teacher))
        divergence = functional.kl_div(ours, theirs, reduction="none", log_target=True).sum(dim=-1)
        return _mean(divergence, counts) * heat**2
    return _distance(objective.prediction, student, teacher, counts)


def hard_loss(
    objective: Objective, student: torch.Tensor, answers: torch.Tensor, counts: torch.Tensor | None
) -> torch.Tensor:
    """
    Return the distance from labels.

    Args:
        objective: Decides the distance.
        student: As for `soft_loss`.
        answers: Places of classes `(batch, …)` in int64, or values of the student's shape.
        counts: As for `soft_loss`.
    """
    if objective.prediction in WITH_CLASSES:
        chances = functional.log_softmax(_scores(student), dim=-1)
        found = -chances.gather(-1, answers.clamp(min=0).unsqueeze(-1)).squeeze(-1)
        return _mean(found, _labelled(answers, counts))
    return _distance(objective.prediction, student, answers, counts)


def hidden_loss(student: torch.Tensor, teacher: torch.Tensor, counts: torch.Tensor | None) -> torch.Tensor:
    """Return 1 minus the cosine of the last block's outputs, both `(batch, …, hidden)`."""
    return _distance(Prediction.EMBEDDING, student, teacher, counts)


def right_share(student: torch.Tensor, answers: torch.Tensor, counts: torch.Tensor | None) -> float:
    """Return the share of places whose highest class is that of the answers: labels, or the original's scores."""
    wanted = answers if answers.ndim < student.ndim else answers.argmax(dim=-1)
    asked = _labelled(answers, counts) if wanted is answers else counts
    return float(_mean((student.argmax(dim=-1) == wanted).float(), asked))


def _labelled(answers: torch.Tensor, counts: torch.Tensor | None) -> torch.Tensor:
    """Return which labels count: those that are some, of tokens that are no padding."""
    labelled = answers != NO_LABEL
    return labelled if counts is None or counts.shape != answers.shape else counts & labelled


def _distance(
    prediction: Prediction, student: torch.Tensor, other: torch.Tensor, counts: torch.Tensor | None
) -> torch.Tensor:
    if prediction is Prediction.EMBEDDING:
        return _mean(1 - functional.cosine_similarity(student, other, dim=-1), counts)
    error = (student - other).square()
    return _mean(error.flatten(2).mean(dim=2) if counts is not None and error.ndim > counts.ndim else error, counts)


def _mean(values: torch.Tensor, counts: torch.Tensor | None) -> torch.Tensor:
    """Return the mean over what counts; `counts` is left out where the values have no axis for tokens."""
    if counts is None or values.shape != counts.shape:
        return values.mean()
    return (values * counts).sum() / counts.sum().clamp(min=1)


def has_classes(values: torch.Tensor) -> bool:
    """Return whether there are several classes; a single score has no softmax."""
    return bool(values.ndim > 1 and values.shape[-1] > 1)


def _scores(values: torch.Tensor) -> torch.Tensor:
    """Return scores before the softmax; a model that ends with one gives probabilities, whose logarithm they are."""
    sums = values.detach().sum(dim=-1)
    if bool((values.detach() >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
        return values.clamp(min=SMALLEST_PROBABILITY).log()
    return values

"""What a build is asked for, in the words of the spec: a lock that was made for something else must not be used."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from optimizers.accuracy import AccuracyLimits
from optimizers.compression import Distillation, Pruning, Training
from optimizers.goal import Goal, ParityThresholds
from optimizers.model_source import ModelSource
from optimizers.signature import TensorSpec
from optimizers.vocabulary import Accelerator, ModelFormat, Objective, Prediction


def _is_none(value: object) -> bool:
    return value is None


class BuildRequest(BaseModel):
    """
    Everything in a spec that decides which artifacts there are and which one is chosen.

    A preview has no model file and no libraries, so it cannot know the recipe's digest. It compares these fields.

    Attributes:
        location: Where the model lies, as the spec writes it.
        samples: Where the samples lie, likewise; None for those of model-serving.
        evaluation: Where labelled data lie, likewise; None where there are none.
        accuracy: How much may be lost on them.
        edge: Whether exports for devices are built.
        pruning: What is taken away; None where nothing is.
        distillation: Which student is trained; None where none is.
        training: How.
        training_data: Where the data for it lie, as the spec writes it.
        threads: For each call; None where the search decides.
        objective: Which candidate is chosen.
        latency_sla_ms: Where it decides which one that is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: str
    model_format: ModelFormat
    prediction: Prediction
    architecture: str | None = None
    inputs: tuple[TensorSpec, ...] = ()
    samples: str | None = None
    max_length: int | None = None
    accelerator: Accelerator = Accelerator.CPU
    quantization: bool = True
    thresholds: ParityThresholds = ParityThresholds()
    threads: int | None = None
    # Left out where it is not set, so that locks of servers stay as they are.
    edge: bool = Field(default=False, exclude_if=lambda edge: not edge)
    # Left out where there are none, so that locks without keep their digest.
    evaluation: str | None = Field(default=None, exclude_if=lambda location: location is None)
    accuracy: AccuracyLimits | None = Field(default=None, exclude_if=lambda limits: limits is None)
    # Left out where they are not set, so that locks without them stay as they are.
    pruning: Pruning | None = Field(default=None, exclude_if=_is_none)
    distillation: Distillation | None = Field(default=None, exclude_if=_is_none)
    training: Training | None = Field(default=None, exclude_if=_is_none)
    training_data: str | None = Field(default=None, exclude_if=_is_none)
    # Left out where they have their defaults, so that the digest of such a lock stays.
    objective: Objective = Field(default=Objective.FASTEST, exclude_if=lambda value: value is Objective.FASTEST)
    latency_sla_ms: int | None = Field(default=None, exclude_if=_is_none)

    def difference(self, other: "BuildRequest") -> str | None:
        """Return the first field that differs, with this value and the other's, or None where none does."""
        for field in type(self).model_fields:
            mine, others = getattr(self, field), getattr(other, field)
            if mine != others:
                return f"`{field}` is {_shown(mine)}, in the lock {_shown(others)}"
        return None

    def chooses_like(self, other: Self) -> bool:
        """Return whether the same candidate is chosen, of the same measurements."""
        return (self.objective, self.latency_sla_ms) == (other.objective, other.latency_sla_ms)


def build_request(source: ModelSource, goal: Goal) -> BuildRequest:
    """Return what a build of this source for this goal is asked for."""
    return BuildRequest(
        location=source.location,
        model_format=source.model_format,
        prediction=source.prediction,
        architecture=source.architecture,
        inputs=source.inputs,
        samples=source.samples_location,
        max_length=source.max_length,
        evaluation=source.evaluation_location,
        accuracy=goal.accuracy if source.evaluation_location else None,
        accelerator=goal.accelerator,
        quantization=goal.quantization,
        thresholds=goal.thresholds,
        threads=goal.threads,
        edge=goal.edge,
        pruning=goal.pruning,
        distillation=goal.distillation,
        training=goal.training,
        training_data=source.training_location,
        objective=goal.objective,
        latency_sla_ms=None if goal.objective is Objective.FASTEST else goal.latency_sla_ms,
    )


def _shown(value: object) -> str:
    if isinstance(value, BaseModel):
        return f"`{value.model_dump(mode='json')}`"
    return "not set" if value is None or value == () else f"`{value}`"

"""What the optimized model has to reach, and how near it has to stay to the original."""

from pydantic import BaseModel, ConfigDict, Field

from optimizers.accuracy import AccuracyLimits
from optimizers.compression import STUDENT, TRAINING_FUNCTION, Distillation, Pruning, Training
from optimizers.hardware import Hardware
from optimizers.vocabulary import Accelerator, Objective


class ParityThresholds(BaseModel):
    """
    How near a candidate's answers must be to the original's.

    Attributes:
        cosine: Embeddings: the lowest cosine similarity allowed.
        top1: Classifiers: the lowest share of samples with the same highest class allowed.
        max_error: Otherwise: the largest |difference| / (1 + |original|) allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cosine: float = Field(default=0.999, ge=-1, le=1)
    top1: float = Field(default=0.99, ge=0, le=1)
    max_error: float = Field(default=1e-2, ge=0)


class Goal(BaseModel):
    """
    The goal of one `optimize`.

    Attributes:
        objective: `fastest` answers one row soonest; `smallest` has the smallest artifact of those within the SLA;
            `cheapest` answers the most rows a second within it.
        latency_sla_ms: 99th percentile at the caller.
        throughput_rps: Peak requests a second.
        quantization: Whether INT8 candidates may be tried.
        accuracy: How much may be lost on the evaluation data, where there are some.
        threads: Threads for each call; None for the cores of the machine.
        edge: Whether the model will run on devices: then the exports for them are the candidates.
        pruning: What to take away from the model; None where nothing is.
        distillation: Which student to train; None where none is.
        training: How both are trained; None where pruned models stay as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_sla_ms: int = Field(gt=0)
    throughput_rps: int = Field(gt=0)
    objective: Objective = Objective.FASTEST
    accelerator: Accelerator = Accelerator.CPU
    quantization: bool = True
    thresholds: ParityThresholds = ParityThresholds()
    accuracy: AccuracyLimits = AccuracyLimits()
    threads: int | None = Field(default=None, gt=0)
    edge: bool = False
    pruning: Pruning | None = None
    distillation: Distillation | None = None
    training: Training | None = None

    @property
    def user_code(self) -> dict[str, str]:
        """What a field of the spec names as `package.module:callable`, by the field."""
        named = {
            TRAINING_FUNCTION: self.training.function if self.training else None,
            STUDENT: self.distillation.architecture if self.distillation else None,
        }
        return {field: value for field, value in named.items() if value is not None}

    def threads_on(self, hardware: Hardware) -> int:
        """Return the threads that each call computes with on this machine."""
        return self.threads or hardware.cpu_cores

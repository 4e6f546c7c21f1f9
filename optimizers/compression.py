"""What a spec asks of pruning, distillation and the training after them, as plain values."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

# Where a student comes from, apart from a callable of the user.
LAYERS, WIDTH = "layers", "width"
TRAINING_FUNCTION = "optimization.training.function"
STUDENT = "optimization.distillation.student"


class PruningKind(StrEnum):
    """What is taken away."""

    STRUCTURED = "structured"
    MAGNITUDE = "magnitude"


class Importance(StrEnum):
    """The norm of its weights that says how much a channel counts."""

    L1 = "l1"
    L2 = "l2"


class Pruning(BaseModel):
    """
    Take away what counts least.

    Attributes:
        kind: Whole channels and attention heads, which are then gone, or single weights, which become zero.
        share: Share of the channels of each layer, or of all weights.
        importance: How channels are ranked.
        ignored: Names of modules that stay as they are, with all that is in them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: PruningKind = PruningKind.STRUCTURED
    share: float = Field(default=0.5, gt=0, lt=1)
    importance: Importance = Importance.L2
    ignored: tuple[str, ...] = ()


class Distillation(BaseModel):
    """
    Train a smaller model, the student, to answer as the original does.

    Attributes:
        student: `layers` (some of the original's blocks), `width` (some of its channels) or `package.module:callable`.
        size: Share of the blocks or channels that the student has.
        temperature: What scores are divided by before they are compared (Hinton et al. 2015, section 2).
        soft_share: What the original's answers count for, beside labels; without labels they count for all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    student: str = LAYERS
    size: float = Field(default=0.5, gt=0, lt=1)
    temperature: float = Field(default=2.0, gt=0)
    soft_share: float = Field(default=0.7, ge=0, le=1)

    @property
    def architecture(self) -> str | None:
        """The callable of the user that gives the student; None where it is made of the original."""
        return None if self.student in {LAYERS, WIDTH} else self.student


class Loop(BaseModel):
    """
    Our own training loop.

    Attributes:
        epochs: Most passes over the data.
        batch_size: Rows of a step.
        learning_rate: At the start; it falls to 0 as a half wave of the cosine.
        seed: Decides the order of the rows, which of them are held out, and dropout.
        held_out: Share of the rows that are not trained on, but tell when to stop.
        patience: Epochs without a better held-out loss before it stops.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(default=10, gt=0)
    batch_size: int = Field(default=32, gt=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    seed: int = Field(default=0, ge=0)
    held_out: float = Field(default=0.1, gt=0, lt=1)
    patience: int = Field(default=3, gt=0)


class Training(BaseModel):
    """
    How a pruned or smaller model is trained.

    Attributes:
        function: `package.module:callable` that trains, called with the model and the untouched original; None for `loop`.
        loop: Our own loop on the training data.
        timeout_s: Training that takes longer is stopped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    function: str | None = None
    loop: Loop = Loop()
    timeout_s: int = Field(default=14_400, gt=0)

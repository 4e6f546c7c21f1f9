"""The parts of the spec that ask for pruning, distillation and training."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from optimizers.compression import LAYERS, WIDTH, Distillation, Importance, Loop, Pruning, PruningKind, Training
from stacks.spec_part import Number, SpecPart, Whole, disagreement, whole

CALLABLE = r"[A-Za-z_][\w.]*:[A-Za-z_]\w*"
CALLABLE_PATTERN = f"^{CALLABLE}$"
STUDENT_PATTERN = f"^({LAYERS}|{WIDTH}|{CALLABLE})$"
# A week: what trains longer is no step of a build any more.
LONGEST_TRAINING_S = 604_800
# What is left at the least: with less there is no model any more.
Share = Annotated[float, Field(strict=True, ge=0.01, le=0.95)]


class PruningSpec(SpecPart):
    """Take away what counts least in a PyTorch model; the candidates still have to answer like the original."""

    kind: PruningKind = Field(
        default=PruningKind.STRUCTURED,
        description="`structured` removes channels and attention heads, which makes it faster. `magnitude` sets single weights "
        "to zero, which makes it no faster and smaller only once it is compressed.",
    )
    share: Share = Field(default=0.5, description="Share of each layer's channels, or of all weights, that goes.")
    importance: Importance = Field(
        default=Importance.L2, description="Norm of its weights that a channel is ranked by; `structured` only."
    )
    ignored: tuple[str, ...] = Field(
        default=(), description="Names of modules, as `named_modules()` has them, that stay whole; `structured` only."
    )

    @property
    def plain(self) -> Pruning:
        """The same, as the optimizers know it."""
        return Pruning(kind=self.kind, share=self.share, importance=self.importance, ignored=self.ignored)


class DistillationSpec(SpecPart):
    """Train a smaller PyTorch model, the student, to answer as the original does; it needs `training`."""

    student: str = Field(
        default=LAYERS,
        pattern=STUDENT_PATTERN,
        description="`layers`: some of the model's blocks, as in DistilBERT. `width`: some of its channels. Or "
        "`package.module:callable` that returns a torch module with the same inputs and outputs.",
    )
    size: Share = Field(default=0.5, description="Share of the blocks or channels that the student has.")
    temperature: Annotated[float, Field(strict=True, ge=0.1, le=100)] = Field(
        default=2.0, description="What scores are divided by before they are compared with the original's."
    )
    soft_share: Annotated[float, Field(strict=True, ge=0, le=1)] = Field(
        default=0.7,
        description="What the original's answers count for beside labels; without labels they count for all.",
    )

    @property
    def plain(self) -> Distillation:
        """The same, as the optimizers know it."""
        return Distillation(**self.model_dump())


class TrainingSpec(SpecPart):
    """How pruned and smaller models are trained: on `data` in our loop, or by a `function` of yours."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["data"]}, {"required": ["function"]}]})

    data: str | None = Field(
        default=None,
        min_length=1,
        description="File relative to the project: .npz with an array for each input and, with labels, `label` (classes) or "
        "`target` (values); or .json and .txt as in `model.samples`, which have no labels.",
    )
    function: str | None = Field(
        default=None,
        pattern=CALLABLE_PATTERN,
        description="`package.module:callable`, called with the model to train and the untouched original.",
    )
    epochs: Whole = Field(default=10, ge=1, le=10_000, description="Most passes over the data.")
    batch_size: Whole = Field(default=32, ge=2, le=65_536, description="Rows of a training step.")
    learning_rate: Annotated[Number, Field(gt=0, le=1)] = Field(
        default=1e-3, description="Of AdamW at the start; it falls to 0 as a half wave of the cosine."
    )
    seed: Whole = Field(default=0, ge=0, le=2**32 - 1, description="Decides every random number.")
    held_out: Annotated[float, Field(strict=True, ge=0.01, le=0.5)] = Field(
        default=0.1, description="Share of the rows that are not trained on and tell when to stop."
    )
    patience: Whole = Field(
        default=3, ge=1, le=10_000, description="Epochs without a better held-out loss before it stops."
    )
    timeout_s: Annotated[int, Field(strict=True, ge=1, le=LONGEST_TRAINING_S), BeforeValidator(whole)] = Field(
        default=14_400, description="Seconds after which training is stopped and its candidates are given up."
    )

    @property
    def plain(self) -> Training:
        """The same, as the optimizers know it, without the data."""
        loop = Loop(**self.model_dump(include=set(Loop.model_fields)))
        return Training(function=self.function, loop=loop, timeout_s=self.timeout_s)


def refuse_contradictions(
    pruning: PruningSpec | None, distillation: DistillationSpec | None, training: TrainingSpec | None
) -> None:
    """Raise pydantic's error for the first of two parts that contradict each other."""
    if training is not None:
        if (training.data is None) == (training.function is None):
            both = training.data is not None
            raise disagreement(
                path="optimization.training",
                got="`data` and `function`" if both else "neither `data` nor `function`",
                rule="our loop trains on `data`, or a `function` trains on its own",
                fix="remove one of them" if both else "add one of them",
            )
        if pruning is None and distillation is None:
            raise disagreement(
                path="optimization.training",
                got="no `pruning` and no `distillation`",
                rule="only a pruned or smaller model is trained",
                fix="add `pruning` or `distillation`, or remove `training`",
            )
    elif distillation is not None:
        raise disagreement(
            path="optimization.distillation",
            got="no `training`",
            rule="a student that is not trained answers nothing like the original",
            fix="add `optimization.training` with `data` or `function`",
        )

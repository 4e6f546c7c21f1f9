"""Train a torch module on the user's data, the same way each time. Imports torch."""

import copy
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from optimizers.compression import Loop
from optimizers.errors import UnsupportedModel
from optimizers.last_block import LastBlock
from optimizers.rows import TOKEN_MASK
from optimizers.torch_session import named_outputs
from optimizers.training_data import WITH_CLASSES, TrainingData
from optimizers.training_loss import (
    HIDDEN_SHARE,
    Objective,
    hard_loss,
    has_classes,
    hidden_loss,
    right_share,
    soft_loss,
)
from optimizers.zeroed_weights import ZeroedWeights

# The longest gradient of a step, as transformers' TrainingArguments.max_grad_norm has it: one odd batch undoes nothing.
LONGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class Trained:
    """
    How training went.

    Attributes:
        epochs: Epochs that were run.
        held_out: Loss on the rows that were not trained on, with the weights that are kept.
        right: Share of these rows with the right class: the label, or without labels the original's; None without classes.
    """

    epochs: int
    held_out: float
    right: float | None


@dataclass(frozen=True, slots=True)
class Models:
    """
    What is trained, and what it learns from.

    Attributes:
        student: Trained in place.
        teacher: The original, which stays as it is.
        inputs: Names of the inputs, in call order.
    """

    student: torch.nn.Module
    teacher: torch.nn.Module
    inputs: tuple[str, ...]


def train(  # noqa: PLR0913, PLR0917 - what a training consists of
    models: Models,
    data: TrainingData,
    objective: Objective,
    loop: Loop,
    zeroed: ZeroedWeights | None,
    tell: Callable[[str], None],
) -> Trained:
    """
    Train with AdamW and a learning rate that falls as a cosine, and keep the weights that were best on held-out rows.

    Args:
        models: Student and teacher.
        data: Encoded rows.
        objective: What is made small.
        loop: Epochs, batches, learning rate and seed.
        zeroed: Weights that stay zero.
        tell: Told after each epoch.

    Raises:
        UnsupportedModel: The loss became NaN or infinite.
    """
    with _repeatable(loop.seed):
        return _Run(models, data, objective, loop, zeroed).train(tell)


@contextmanager
def _repeatable(seed: int) -> Generator[None]:
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


class _Run:
    """One training."""

    def __init__(
        self, models: Models, data: TrainingData, objective: Objective, loop: Loop, zeroed: ZeroedWeights | None
    ) -> None:
        self._models, self._objective, self._loop, self._zeroed = models, objective, loop, zeroed
        self._inputs = {name: torch.from_numpy(data.inputs[name]) for name in models.inputs}
        self._answers = None if data.answers is None else torch.from_numpy(data.answers)
        self._soft_share = objective.soft_share if data.answers is not None else 1.0
        self._order = torch.Generator().manual_seed(loop.seed)
        rows = torch.randperm(data.rows, generator=self._order)
        held = max(1, round(data.rows * loop.held_out))
        self._held, self._trained = rows[:held], rows[held:]
        self._blocks = LastBlock.of(models.student, models.teacher) if objective.hidden else None

    def train(self, tell: Callable[[str], None]) -> Trained:
        student, loop = self._models.student, self._loop
        self._models.teacher.eval()
        optimizer = torch.optim.AdamW(student.parameters(), lr=loop.learning_rate)
        steps = loop.epochs * math.ceil(len(self._trained) / loop.batch_size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
        best, kept, waited, epoch = math.inf, copy.deepcopy(student.state_dict()), 0, 0
        for epoch in range(1, loop.epochs + 1):
            loss = self._epoch(epoch, optimizer, schedule)
            held_out, _ = self._judge()
            self._refuse_infinite(held_out, f"epoch {epoch}, on the held-out rows")
            tell(f"epoch {epoch} of {loop.epochs}: loss {loss:.4g}, held out {held_out:.4g}")
            waited += 1
            if held_out < best:
                best, kept, waited = held_out, copy.deepcopy(student.state_dict()), 0
            if waited >= loop.patience:
                break
        student.load_state_dict(kept)
        held_out, right = self._judge()
        if self._blocks is not None:
            self._blocks.close()
        return Trained(epoch, held_out, right)

    def _epoch(self, epoch: int, optimizer: Any, schedule: Any) -> float:  # noqa: ANN401 - torch's optimizer and scheduler
        student = self._models.student.train()
        total, rows = 0.0, 0
        for step, batch in enumerate(self._batches(self._trained, shuffled=True), start=1):
            optimizer.zero_grad()
            loss = self._loss(batch)[0]
            self._refuse_infinite(float(loss.detach()), f"epoch {epoch}, step {step}")
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), LONGEST_GRADIENT)
            optimizer.step()
            schedule.step()
            if self._zeroed is not None:
                self._zeroed.restore()
            total, rows = total + float(loss.detach()) * len(batch), rows + len(batch)
        return total / rows

    def _refuse_infinite(self, loss: float, when: str) -> None:
        if not math.isfinite(loss):
            raise UnsupportedModel(
                f"the loss became {loss} in {when}; lower `optimization.training.learning_rate`, now "
                f"{self._loop.learning_rate:g}"
            )

    def _judge(self) -> tuple[float, float | None]:
        """Return the loss on held-out rows, and the share of them with the right class."""
        self._models.student.eval()
        total, right = 0.0, 0.0
        judged: float | None = None
        with torch.no_grad():
            for batch in self._batches(self._held, shuffled=False):
                loss, judged = self._loss(batch)
                total, right = total + float(loss) * len(batch), right + (judged or 0.0) * len(batch)
        return total / len(self._held), None if judged is None else right / len(self._held)

    def _batches(self, rows: torch.Tensor, *, shuffled: bool) -> Iterator[torch.Tensor]:
        if shuffled:
            rows = rows[torch.randperm(len(rows), generator=self._order)]
        found = list(rows.split(self._loop.batch_size))
        if shuffled and len(found) > 1 and len(found[-1]) == 1:
            # Batch normalization has no variance of one row.
            found.pop()
        return iter(found)

    def _loss(self, rows: torch.Tensor) -> tuple[torch.Tensor, float | None]:
        inputs, counts, longest = self._cut(rows)
        ours = tuple(named_outputs(self._models.student(*inputs)).values())
        with torch.no_grad():
            theirs = tuple(named_outputs(self._models.teacher(*inputs)).values()) if self._asks_teacher else ()
        parts = list[torch.Tensor]()
        judged = None
        classifies = self._objective.prediction in WITH_CLASSES and has_classes(ours[0])
        if theirs:
            soft = torch.stack(
                [soft_loss(self._objective, a, b, counts) for a, b in zip(ours, theirs, strict=True)]
            ).mean()
            parts.append(self._soft_share * soft)
            judged = right_share(ours[0], theirs[0], counts) if classifies else None
        if self._answers is not None and self._soft_share < 1:
            answers = self._answers[rows]
            if longest is not None and answers.ndim > 1 and answers.shape[1] == self._longest:
                answers = answers[:, :longest]
            parts.append((1 - self._soft_share) * hard_loss(self._objective, ours[0], answers, counts))
            judged = right_share(ours[0], answers, counts) if classifies else None
        loss = torch.stack(parts).sum()
        if self._blocks is not None:
            loss = (1 - HIDDEN_SHARE) * loss + HIDDEN_SHARE * hidden_loss(*self._blocks.outputs, counts)
        return loss, judged

    @property
    def _asks_teacher(self) -> bool:
        return self._soft_share > 0 or self._blocks is not None

    @property
    def _longest(self) -> int | None:
        """Tokens of the padded texts, where the model takes text."""
        mask = self._inputs.get(TOKEN_MASK)
        return None if mask is None else int(mask.shape[1])

    def _cut(self, rows: torch.Tensor) -> tuple[tuple[torch.Tensor, ...], torch.Tensor | None, int | None]:
        """Return the rows' inputs without the padding that all of them have, which tokens count, and their length."""
        taken = {name: values[rows] for name, values in self._inputs.items()}
        if self._longest is None:
            return tuple(taken.values()), None, None
        mask = taken[TOKEN_MASK] != 0
        longest = max(1, int(mask.sum(dim=1).max()))
        cut = {
            name: values[:, :longest] if values.ndim > 1 and values.shape[1] == self._longest else values
            for name, values in taken.items()
        }
        return tuple(cut.values()), mask[:, :longest], longest

"""Listen to what the last of a network's repeated blocks gives. Imports torch."""

from typing import Any, Self

import torch

from optimizers.repeated_blocks import repeated_blocks


class LastBlock:
    """
    What the last blocks of student and teacher gave in their latest call.

    Args:
        student: The student's last block.
        teacher: The teacher's.
    """

    def __init__(self, student: torch.nn.Module, teacher: torch.nn.Module) -> None:
        self._given: dict[int, torch.Tensor] = {}
        self._hooks = [
            block.register_forward_hook(self._listener(place)) for place, block in enumerate((student, teacher))
        ]

    @classmethod
    def of(cls, student: torch.nn.Module, teacher: torch.nn.Module) -> Self | None:
        """Listen to the last blocks of two models; None where they are of different classes, or nothing repeats."""
        ours, theirs = (repeated_blocks(model) for model in (student, teacher))
        if ours is None or theirs is None or type(ours[-1]) is not type(theirs[-1]):
            return None
        return cls(ours[-1], theirs[-1])

    @property
    def outputs(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The student's and the teacher's, `(batch, sequence, hidden)` of a transformer."""
        return self._given[0], self._given[1]

    def close(self) -> None:
        """Stop listening, so that the model can be exported."""
        for hook in self._hooks:
            hook.remove()

    def _listener(self, place: int) -> Any:  # noqa: ANN401 - a hook of torch
        def listen(_module: torch.nn.Module, _inputs: object, output: Any) -> None:  # noqa: ANN401 - a tensor or a tuple
            self._given[place] = output[0] if isinstance(output, tuple) else output

        return listen

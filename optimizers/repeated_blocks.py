"""Find the blocks that a network repeats, such as the layers of a transformer, and leave some out. Imports torch."""

import torch

from optimizers.errors import UnsupportedModel

BLOCK_COUNT = "num_hidden_layers"


def repeated_blocks(module: torch.nn.Module) -> torch.nn.ModuleList | None:
    """Return the list of blocks of one class that has most parameters; None where nothing repeats."""
    lists = [
        item
        for item in module.modules()
        if isinstance(item, torch.nn.ModuleList) and len(item) > 1 and len({type(block) for block in item}) == 1
    ]
    return max(lists, key=lambda item: sum(value.numel() for value in item.parameters()), default=None)


def kept_places(count: int, size: float) -> tuple[int, ...]:
    """
    Return which of `count` blocks a student of this size has: evenly spaced, the first and the last among them.

    Of 12 these are 0, 2, 4, 7, 9 and 11, as in the published DistilBERT's initialization.
    """
    kept = max(1, round(count * size))
    if kept == 1:
        return (0,)
    return tuple(round(place * (count - 1) / (kept - 1)) for place in range(kept))


def leave_out_blocks(module: torch.nn.Module, size: float) -> tuple[int, int]:
    """
    Leave out blocks, in place, and return how many there were and are.

    Raises:
        UnsupportedModel: Nothing repeats.
    """
    blocks = repeated_blocks(module)
    if blocks is None:
        raise UnsupportedModel(
            "it repeats no blocks; set `optimization.distillation.student` to `width` or a callable of yours"
        )
    count = len(blocks)
    kept = [blocks[place] for place in kept_places(count, size)]
    while len(blocks):
        del blocks[-1]
    blocks.extend(kept)
    for item in module.modules():
        config = getattr(item, "config", None)
        if getattr(config, BLOCK_COUNT, None) == count:
            setattr(config, BLOCK_COUNT, len(kept))
    return count, len(kept)

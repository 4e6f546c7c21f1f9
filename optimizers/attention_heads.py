"""Find the projections of attention, whose channels belong to heads. Imports torch."""

from collections.abc import Iterator
from typing import NamedTuple

import torch

# Names of the three projections, and of the attribute that counts heads, in torch, transformers and timm.
PROJECTIONS = (
    ("query", "key", "value"),
    ("q_proj", "k_proj", "v_proj"),
    ("q_lin", "k_lin", "v_lin"),
    ("q", "k", "v"),
)
COUNTS = ("num_attention_heads", "num_heads", "n_heads")
# Products of heads and channels a head that some models keep beside them.
WIDTHS = ("all_head_size", "embed_dim")


class Attention(NamedTuple):
    """An attention module, the attribute with its number of heads, and its projections to queries, keys and values."""

    module: torch.nn.Module
    counted_by: str
    projections: tuple[torch.nn.Linear, ...]

    @property
    def heads(self) -> int:
        """Its heads, as the attribute says."""
        return int(getattr(self.module, self.counted_by))


def attentions(model: torch.nn.Module) -> Iterator[Attention]:
    """Yield every attention whose three projections have as many heads; grouped queries are left alone."""
    for module in model.modules():
        count = next((name for name in COUNTS if isinstance(getattr(module, name, None), int)), None)
        for names in PROJECTIONS:
            layers = (getattr(module, name, None) for name in names)
            found = tuple(layer for layer in layers if isinstance(layer, torch.nn.Linear))
            if count and len(found) == len(names):
                widths = {layer.out_features for layer in found}
                if len(widths) == 1 and widths.pop() % getattr(module, count) == 0:
                    yield Attention(module, count, found)


def set_heads(attention: Attention, heads: int) -> None:
    """Write how many heads are left where the module keeps that number."""
    width = attention.projections[0].out_features
    setattr(attention.module, attention.counted_by, heads)
    for name in WIDTHS:
        if isinstance(getattr(attention.module, name, None), int):
            setattr(attention.module, name, width)

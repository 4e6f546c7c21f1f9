"""A torch module from token ids to one named output. Imports torch, so it is imported where a model is loaded."""

from enum import StrEnum

import torch


class Pooling(StrEnum):
    """How the vectors of all tokens become one vector."""

    MEAN = "mean"
    CLS = "cls"
    MAX = "max"


class SentenceModel(torch.nn.Module):  # type: ignore[misc]
    """
    A Hugging Face model with the pooling and normalization of the sentence-transformers layout.

    Args:
        encoder: Takes `input_ids` and `attention_mask`, both int64 `(batch, sequence)`.
        output: The field of the encoder's result to use: `last_hidden_state` or `logits`.
        pooling: None gives the field as it is.
        normalize: Whether to scale each pooled vector to length 1.
    """

    def __init__(self, encoder: torch.nn.Module, output: str, pooling: Pooling | None, *, normalize: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.output = output
        self.pooling = pooling
        self.normalize = normalize

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return `(batch, hidden)` where the model pools, else the encoder's output as it is."""
        result = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        values: torch.Tensor = getattr(result, self.output)
        if self.pooling is None:
            return values
        mask = attention_mask.unsqueeze(-1).to(values.dtype)
        if self.pooling is Pooling.MEAN:
            # The floor keeps a row without tokens finite; sentence-transformers uses the same one.
            pooled = (values * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
        elif self.pooling is Pooling.CLS:
            pooled = values[:, 0]
        else:
            pooled = values.masked_fill(mask == 0, torch.finfo(values.dtype).min).amax(dim=1)
        return torch.nn.functional.normalize(pooled, dim=1) if self.normalize else pooled

"""One output of a Hugging Face image model, as a torch module. Imports torch."""

from typing import Any

import torch


class ImageModel(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """
    Gives one tensor of what an encoder returns.

    Args:
        encoder: A transformers model that takes `pixel_values`.
        field: Of its answer: `logits`, `pooler_output` or `last_hidden_state`.
    """

    def __init__(self, encoder: Any, field: str) -> None:  # noqa: ANN401 - a transformers model
        super().__init__()
        self.encoder = encoder
        self.field = field

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Return the field for pixels of the shape (batch, channels, height, width)."""
        answer: torch.Tensor = self.encoder(pixel_values=pixel_values, return_dict=True)[self.field]
        return answer

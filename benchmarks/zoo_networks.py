"""Networks of the zoo whose weights are trained here. Imports torch."""

from typing import Any

import torch
from torch import nn

DIGIT_SIDE, DIGITS = 8, 10
TUMOUR_FEATURES = 30


def digits_cnn() -> nn.Module:
    """Return a network from (batch, 1, 8, 8) grey values 0..1 to (batch, 10) scores."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * (DIGIT_SIDE // 2) ** 2, 64),
        nn.ReLU(),
        nn.Linear(64, DIGITS),
    )


def digits_resnet() -> nn.Module:
    """Return a network from (batch, 3, 64, 64) values 0..1 to (batch, 10) scores."""
    import torchvision

    network: nn.Module = torchvision.models.resnet18(num_classes=DIGITS)
    return network


def tumour_network() -> nn.Module:
    """Return a network from (batch, 30) measures of a cell to (batch, 2) scores; it scales the measures itself."""
    return nn.Sequential(
        nn.BatchNorm1d(TUMOUR_FEATURES),
        nn.Linear(TUMOUR_FEATURES, 64),
        nn.ReLU(),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Linear(64, 2),
    )


def train(module: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    """
    Fit a classifier in place, the same way each time.

    Args:
        module: Its weights are set anew from the seed.
        inputs: (rows, ...) float32.
        labels: (rows,) int64.
        epochs: Passes over all rows, in batches of 64.
    """
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(module.parameters(), lr=2e-3)
    module.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs), generator=generator).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(inputs[rows]), labels[rows]).backward()
            optimizer.step()
    module.eval()


class VoiceChunk(nn.Module):  # type: ignore[misc] # torch is not typed here
    """
    One step of silero-vad at 16 kHz, with the state handed in and out, so that any caller may go on.

    Args:
        model: The recurrent network inside of the package's TorchScript model.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - a ScriptModule, which torch does not type
        super().__init__()
        self.model = model

    def forward(self, audio: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """
        Return the probability of speech (batch, 1) and the next state.

        Args:
            audio: (batch, 576): 64 samples of the chunk before, and 512 new ones, -1..1.
            state: (batch, 2, 128).
        """
        probability, next_state = self.model(audio, state.transpose(0, 1).contiguous())
        return probability, next_state.transpose(0, 1)

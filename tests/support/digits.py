"""A small convolutional network that really reads handwritten digits: 36,106 parameters, trained in seconds."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature, TensorSpec
from optimizers.training_data import TrainingData

SIGNATURE = Signature(
    inputs=(TensorSpec(name="image", shape=("batch", 1, 8, 8)),),
    outputs=(TensorSpec(name="scores", shape=("batch", 10)),),
)
TESTED = 360


class DigitsNet(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """`(batch, 1, 8, 8)` to the scores of ten digits."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(1, width, 3, padding=1)
        self.first_norm = torch.nn.BatchNorm2d(width)
        self.second = torch.nn.Conv2d(width, 2 * width, 3, padding=1)
        self.second_norm = torch.nn.BatchNorm2d(2 * width)
        self.dense = torch.nn.Linear(2 * width * 4, 2 * width)
        self.scores = torch.nn.Linear(2 * width, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        values = torch.relu(self.first_norm(self.first(image)))
        values = torch.nn.functional.max_pool2d(values, 2)
        values = torch.relu(self.second_norm(self.second(values)))
        values = torch.nn.functional.max_pool2d(values, 2).flatten(1)
        result: torch.Tensor = self.scores(torch.relu(self.dense(values)))
        return result


def small_net() -> torch.nn.Module:
    """A student of a sixteenth of the parameters."""
    return DigitsNet(width=8)


@cache
def digits() -> tuple[TrainingData, TrainingData]:
    """The rows to train on, and those to test with, which have another order each time the seed changes."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    pixels = (images.reshape(-1, 1, 8, 8)[order] / 16).astype(np.float32)
    answers = labels[order].astype(np.int64)
    trained, tested = slice(TESTED, None), slice(None, TESTED)
    return TrainingData({"image": pixels[trained]}, answers[trained]), TrainingData(
        {"image": pixels[tested]}, answers[tested]
    )


@cache
def digits_weights() -> dict[str, Any]:
    """Weights that read more than 98 of 100 digits."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net, (data, _) = DigitsNet(), digits()
    images, labels = torch.from_numpy(data.inputs["image"]), torch.from_numpy(data.answers)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    for _ in range(4):
        for rows in torch.randperm(len(labels)).split(32):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(images[rows]), labels[rows]).backward()
            optimizer.step()
    weights: dict[str, Any] = net.eval().state_dict()
    return weights


def digits_model(folder: Path, *, labelled: bool = True) -> FormedModel:
    """The trained network as a pass gets it, with its training data in `folder`."""
    net = DigitsNet()
    net.load_state_dict(digits_weights())
    data, _ = digits()
    (data if labelled else TrainingData(data.inputs, None)).write(folder)
    return FormedModel(Form.TORCH_MODULE, SIGNATURE, module=net.eval(), training=folder)


def accuracy(module: Any) -> float:
    """Share of the tested digits that a torch module reads right."""
    _, data = digits()
    with torch.no_grad():
        scores = module(torch.from_numpy(data.inputs["image"]))
    return float((scores.argmax(dim=1).numpy() == data.answers).mean())

"""Small torch networks with weights that a seed fixes, for passes that start from torch."""

from typing import Any

import numpy as np
import torch

from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature, TensorSpec

SIDE = 8
SCORES = 4


def small_convolution() -> FormedModel:
    """`image (batch, 3, 8, 8) -> scores (batch, 4)`: a convolution, its normalization, and two dense layers."""
    torch.manual_seed(7)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(8 * 4 * 4, 64),
        torch.nn.ReLU(),
        torch.nn.Linear(64, SCORES),
    ).eval()
    signature = Signature(
        inputs=(TensorSpec(name="image", shape=("batch", 3, SIDE, SIDE)),),
        outputs=(TensorSpec(name="scores", shape=("batch", SCORES)),),
    )
    return FormedModel(Form.TORCH_MODULE, signature, module=module)


def images(rows: int, seed: int = 3) -> Any:
    """Normally distributed rows for it."""
    return np.random.default_rng(seed).standard_normal((rows, 3, SIDE, SIDE)).astype(np.float32)


def answers(model: FormedModel, rows: Any) -> Any:
    """What the torch module answers."""
    with torch.inference_mode():
        return model.module(torch.from_numpy(rows)).numpy()

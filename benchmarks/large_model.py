"""A large PyTorch model of random weights: square dense layers."""

from pathlib import Path
from typing import Any

WIDTH = 4096
LAYERS = 16
SEED = 7


def architecture() -> Any:  # noqa: ANN401 - a torch.nn.Module, and torch is imported where it is needed
    """Return the module without its weights' values: 16 layers of 64 MiB, 1 GiB together."""
    from torch import nn

    layers = list[nn.Module]()
    for _ in range(LAYERS):
        layers += [nn.Linear(WIDTH, WIDTH, bias=False), nn.Tanh()]
    return nn.Sequential(*layers)


def write_weights(path: Path) -> None:
    """Write the weights as safetensors; layers keep the size of what goes through them."""
    import numpy as np
    from safetensors.numpy import save_file

    random = np.random.default_rng(SEED)
    scale = np.float32(WIDTH**-0.5)
    save_file(
        {f"{2 * layer}.weight": random.standard_normal((WIDTH, WIDTH), np.float32) * scale for layer in range(LAYERS)},
        path,
    )

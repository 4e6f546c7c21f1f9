"""Sample images for models that see: the user's folder, or generated ones."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.errors import InvalidArgs, Issue, MissingExtra, short_reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIXES = frozenset({".jpeg", ".jpg", ".png"})
SEED = 20261123
GENERATED_IMAGES = 16
# Wider than high and larger than what image models take, as photographs are.
HEIGHT, WIDTH = 256, 320
WAVES = 6


def read_images(folder: Path) -> "list[NDArray[Any]]":
    """
    Return the .png and .jpg files of a folder in the order of their names, as (height, width, 3) of uint8.

    Raises:
        InvalidArgs: There are none, or one is no readable image.
        MissingExtra: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra("torch", "reading sample images") from None
    import numpy as np

    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise _invalid(folder, "has no image", f"put {', '.join(sorted(SUFFIXES))} files into it")
    images = list["NDArray[Any]"]()
    for file in files:
        try:
            # A file that unpacks into more pixels than memory holds is only a warning to Pillow.
            with warnings.catch_warnings(action="error"), Image.open(file) as image:
                images.append(np.asarray(image.convert("RGB")))
        except Exception as error:  # noqa: BLE001 - a damaged image makes Pillow raise almost anything
            raise _invalid(file, f"is no readable image ({short_reason(error)})", "replace or remove it") from None
    return images


def generated_images() -> "list[NDArray[Any]]":
    """Return images of waves in all three colours with a little noise: smooth over most of them, as photographs are."""
    import numpy as np

    random = np.random.default_rng(SEED)
    rows, columns = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    images = list["NDArray[Any]"]()
    for _ in range(GENERATED_IMAGES):
        waves = [
            random.uniform(0.2, 1)
            * np.sin(
                2 * np.pi * (random.uniform(-4, 4) * rows + random.uniform(-4, 4) * columns) + random.uniform(0, 6)
            )
            for _ in range(3 * WAVES)
        ]
        colours = np.stack([sum(waves[place::3]) for place in range(3)], axis=-1)
        noisy = 128 + 40 * colours + random.normal(0, 8, colours.shape)
        images.append(noisy.clip(0, 255).astype(np.uint8))
    return images


def _invalid(path: Path, rule: str, fix: str) -> InvalidArgs:
    return InvalidArgs("the spec", (Issue("model.samples", f"`{path}`", rule, fix),))

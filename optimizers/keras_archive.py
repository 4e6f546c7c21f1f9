"""Refuse `.keras` files that hold code or reach past themselves, before Keras reads them."""

import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import h5py

from optimizers.errors import UnsupportedModel
from optimizers.original import damaged

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
PLAIN_ENTRY = re.compile(r"metadata\.json|config\.json|model\.weights\.h5|assets/")
# Layers that run code that a file brings, or that load another file: Keras' own `safe_mode` has let some of them pass
# (CVE-2025-1550, CVE-2025-8747, CVE-2025-9906, CVE-2025-12058), so they are refused by name as well.
CODE_LAYERS = frozenset({
    "FlaxLayer", "HashedCrossing", "IndexLookup", "IntegerLookup", "JaxLayer", "Lambda", "StringLookup", "TFSMLayer",
    "TextVectorization", "TorchModuleWrapper",
})  # fmt: skip
WITHOUT_IT = "save the model without it, or export it with `model.export` as a SavedModel"


def check_keras(path: Path) -> None:
    """
    Look at what the file says it is made of, and at its weights.

    Raises:
        UnsupportedModel: The file is damaged, a layer is not Keras' own or runs code, or its weights lie elsewhere.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for name in names:
                if not PLAIN_ENTRY.fullmatch(name) or names.count(name) > 1:
                    raise UnsupportedModel(
                        f"{path}: holds `{name[:80]}`, which is no part of a Keras model of numbers; {WITHOUT_IT}"
                    )
            config: object = json.loads(archive.read(CONFIG))
            for part in _objects(config):
                _check_object(part, path)
            with tempfile.TemporaryDirectory() as folder, h5py.File(archive.extract(WEIGHTS, folder)) as weights:
                _check_weights(weights, path)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RecursionError) as error:
        raise damaged(path, error) from None


def _objects(config: object) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        found = cast("dict[str, Any]", config)
        if "class_name" in found:
            yield found
        for value in found.values():
            yield from _objects(value)
    elif isinstance(config, list):
        for item in cast("list[object]", config):
            yield from _objects(item)


def _check_object(part: dict[str, Any], path: Path) -> None:
    name, module = str(part["class_name"]), part.get("module")
    own = module is None or module == "builtins" or str(module).partition(".")[0] == "keras"
    # Keras looks a dotted name up below the module, which would lead to any of them.
    if not own or "." in name or name in CODE_LAYERS or name.startswith("__lambda"):
        shown = f"{module}.{name}" if module else name
        raise UnsupportedModel(f"{path}: has `{shown[:80]}`, which is code or reads other files; {WITHOUT_IT}")


def _check_weights(weights: Any, path: Path) -> None:  # noqa: ANN401 - an h5py.File
    """Refuse links to, and datasets in, other files: HDF5 opens them without a word."""

    def look(name: str, group: Any) -> None:  # noqa: ANN401 - an h5py.Group
        for key in group:
            link, place = group.get(key, getlink=True), f"{name}/{key}"
            if not isinstance(link, h5py.HardLink):
                raise UnsupportedModel(f"{path}: its weights have a link (`{place}`); save the model again")
            item = group[key]
            if isinstance(item, h5py.Group):
                look(place, item)
            elif item.external or item.is_virtual:
                raise UnsupportedModel(f"{path}: its weights lie in another file (`{place}`); save the model again")

    look("", weights)

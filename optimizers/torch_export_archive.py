"""Refuse torch.export archives that cannot be read without unpickling, before torch reads them. Imports torch."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch.export.pt2_archive import PT2ArchiveReader

from optimizers.errors import UnsupportedModel
from optimizers.original import damaged
from optimizers.torch_export_program import check_program

PROGRAM = "models/model.json"
SAMPLE_INPUTS = "data/sample_inputs/model.pt"
PAYLOADS = {"data/weights/": "weight", "data/constants/": "tensor"}
# What torch.export.save of torch 2.15 writes; `data/aotinductor/` holds libraries that would be loaded as code.
PLAIN_ENTRY = re.compile(
    r"archive_format|archive_version|byteorder|\.data/(version|serialization_id)|models/model\.json|extra/.*"
    r"|data/sample_inputs/model\.pt|data/weights/(model_weights_config\.json|weight_\d+)"
    r"|data/constants/(model_constants_config\.json|tensor_\d+)"
)
SAVE_AGAIN = "save the program again with torch.export.save of torch 2.9 or newer"


def check_archive(path: Path) -> None:
    """
    Look at everything in the archive that torch would unpickle, evaluate or load as a library.

    torch.export.load unpickles sample inputs, weights and constants where the archive says so, without `weights_only`
    (torch/export/pt2_archive/_package.py).

    Raises:
        UnsupportedModel: The archive is damaged, is of another kind, or holds more than a program and its tensors.
    """
    if _is_old(path):
        raise UnsupportedModel(f"{path}: is in the layout of torch 2.7 and older, which holds pickles; {SAVE_AGAIN}")
    try:
        # The reader that torch itself uses: another one may see other entries in the same bytes.
        reader: Any = PT2ArchiveReader(str(path))
        names: list[str] = reader.get_file_names()
    except (RuntimeError, AssertionError, ValueError) as error:
        raise damaged(path, error) from None
    for name in names:
        if not PLAIN_ENTRY.fullmatch(name):
            raise UnsupportedModel(
                f"{path}: holds `{name[:80]}`, which is no part of a program with plain tensors; {SAVE_AGAIN}"
            )
    try:
        contents = {name: json.loads(reader.read_string(name)) for name in names if name.endswith(".json")}
        for folder, prefix in PAYLOADS.items():
            _check_payloads(contents[f"{folder}model_{folder.split('/')[1]}_config.json"]["config"], prefix, path)
        program = contents[PROGRAM]
        sample_inputs: bytes = reader.read_bytes(SAMPLE_INPUTS)
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise damaged(path, error) from None
    check_program(program, path)
    _check_sample_inputs(sample_inputs, path)


def _is_old(path: Path) -> bool:
    """Return whether torch would fall back to the older layout, which it reads with another reader."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "version" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _check_payloads(payloads: dict[str, dict[str, Any]], prefix: str, path: Path) -> None:
    for name, payload in payloads.items():
        if payload["use_pickle"] or not re.fullmatch(rf"{prefix}_\d+", str(payload["path_name"])):
            raise UnsupportedModel(
                f"{path}: `{name[:80]}` can only be unpickled, which runs whatever code it holds; "
                f"export a model of plain CPU tensors"
            )


def _check_sample_inputs(content: bytes, path: Path) -> None:
    """Read them as torch does first; where that fails, torch goes on without `weights_only`."""
    if not content:
        return
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except Exception:  # noqa: BLE001 - a damaged pickle makes torch raise almost anything
        raise UnsupportedModel(
            f"{path}: its sample inputs are damaged or hold pickled code instead of tensors; {SAVE_AGAIN}"
        ) from None

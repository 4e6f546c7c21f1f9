"""Find and check the files that an ONNX model keeps its weights in, before anything opens them."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from optimizers import digest
from optimizers.errors import UnsupportedModel

# A StringStringEntryProto {key: "location", value: …} as protobuf writes it; the value's length is one or two bytes.
LOCATION = re.compile(rb"\n\x08location\x12(?:([\x00-\x7f])|([\x80-\xff])([\x00-\x7f]))")

LONGEST_NAME_BYTES = 255  # of every common file system; a longer name is an operating system error, not a missing file


def model_sha256(path: Path) -> str:
    """
    Return the digest of a model: a folder, a file, or an `.onnx` file with the files that hold its weights.

    Needs no ONNX library, so that it is fast; `check_external_data` refuses a model where it would miss a file.
    """
    present = _data_files(path)
    if not present:
        return digest.of_path(path)
    return digest.of_value([digest.of_file(path), *([name, digest.of_file(path.parent / name)] for name in present)])


def model_size_bytes(path: Path) -> int:
    """Return the size of the same files."""
    return digest.size_bytes(path) + sum((path.parent / name).stat().st_size for name in _data_files(path))


def with_weights(path: Path) -> tuple[Path, ...]:
    """Return an `.onnx` file and those in its folder that hold its weights."""
    return (path, *(path.parent / name for name in _data_files(path)))


def _data_files(path: Path) -> list[str]:
    locations = scan_locations(path) if path.suffix == ".onnx" and path.is_file() else ()
    plain = [location for location in locations if _is_nameable(location) and not _is_outside(location)]
    return [location for location in plain if (path.parent / location).is_file()]


def scan_locations(path: Path) -> tuple[str, ...]:
    """Return the external files that the bytes of an `.onnx` file name, sorted."""
    if path.stat().st_size == 0:
        return ()
    names = set[str]()
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for match in LOCATION.finditer(content):
            short, low, high = match.groups()
            length = short[0] if short else (low[0] & 0x7F) | (high[0] << 7)
            names.add(content[match.end() : match.end() + length].decode(errors="replace"))
    return tuple(sorted(names))


def check_external_data(path: Path, model: Any) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """
    Refuse external data that does not lie as plain files in the model's own folder.

    Args:
        path: The `.onnx` file.
        model: The same, parsed without its external data.

    Raises:
        UnsupportedModel: A location is absolute, has `..`, is a symbolic or hard link, is missing or too short.
    """
    named = set[str]()
    for tensor in tensors(model):
        if not (tensor.external_data or tensor.data_location == tensor.EXTERNAL):
            continue
        fields = {entry.key: entry.value for entry in tensor.external_data}
        location = str(fields.get("location", ""))
        named.add(location)
        size = _checked_size(path, location)
        end = _number(path, fields, "offset") + _number(path, fields, "length")
        if end > size:
            raise UnsupportedModel(f"{path.parent / location}: has {size} bytes, the model needs {end}; fetch it again")
    if missed := sorted(named - set(scan_locations(path))):
        raise UnsupportedModel(f"{path}: names `{missed[0]}` in an unusual encoding; save it again with onnx.save")


def _number(path: Path, fields: dict[str, str], key: str) -> int:
    text = fields.get(key) or "0"
    if not text.isascii() or not text.isdigit():
        raise UnsupportedModel(
            f"{path}: the {key} of external data is `{text[:40]}`, not a number of bytes; save it again with onnx.save"
        )
    return int(text)


def _checked_size(path: Path, location: str) -> int:
    remedy = "save the model and its data into one folder with onnx.save"
    if not _is_nameable(location):
        raise UnsupportedModel(f"{path}: external data at `{location[:80]}` is not the name of a file; {remedy}")
    if _is_outside(location):
        raise UnsupportedModel(f"{path}: external data at `{location[:80]}` is outside its folder; {remedy}")
    file = path.parent / location
    parts = [
        path.parent.joinpath(*PurePosixPath(location).parts[: depth + 1]) for depth in range(location.count("/") + 1)
    ]
    if any(part.is_symlink() for part in parts):
        raise UnsupportedModel(f"{file}: external data is a symbolic link; {remedy}")
    if not file.is_file():
        raise UnsupportedModel(f"{file}: external data is missing; fetch the model again")
    if not file.resolve().is_relative_to(path.parent.resolve()):
        raise UnsupportedModel(f"{file}: external data is outside the model's folder; {remedy}")
    status = file.stat()
    if status.st_nlink > 1:
        raise UnsupportedModel(f"{file}: external data is a hard link; {remedy}")
    return status.st_size


def _is_nameable(location: str) -> bool:
    parts = PurePosixPath(location).parts
    return bool(location) and "\0" not in location and all(len(part.encode()) <= LONGEST_NAME_BYTES for part in parts)


def _is_outside(location: str) -> bool:
    posix, windows = PurePosixPath(location), PureWindowsPath(location)
    absolute = posix.is_absolute() or windows.is_absolute() or bool(windows.drive)
    return absolute or ".." in (*posix.parts, *windows.parts)


def tensors(message: Any) -> Iterator[Any]:  # noqa: ANN401 - any protobuf message
    """Yield every tensor, wherever in the model it hangs: graphs, subgraphs, functions, attributes, sparse."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else (value,):
                yield from tensors(item)

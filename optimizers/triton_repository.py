"""Find the one model of an existing Triton repository: its `config.pbtxt`, the version that is served, and its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.original import damaged
from optimizers.signature import BATCH, TensorSpec
from optimizers.vocabulary import ModelFormat

CONFIG_FILE = "config.pbtxt"
# https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md#model-files
FORMATS: Mapping[str, tuple[ModelFormat, str]] = {
    "onnxruntime_onnx": (ModelFormat.ONNX, "model.onnx"),
    "onnxruntime": (ModelFormat.ONNX, "model.onnx"),
    "pytorch_libtorch": (ModelFormat.TORCHSCRIPT, "model.pt"),
    "pytorch": (ModelFormat.TORCHSCRIPT, "model.pt"),
    "tensorflow_savedmodel": (ModelFormat.TENSORFLOW, "model.savedmodel"),
}
# https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md#datatypes
DTYPES: Mapping[str, str] = {
    "TYPE_BOOL": "bool",
    "TYPE_FP16": "float16",
    "TYPE_FP32": "float32",
    "TYPE_FP64": "float64",
    **{f"TYPE_{sign}INT{bits}": f"{sign}int{bits}".lower() for sign in ("", "U") for bits in (8, 16, 32, 64)},
}
SPECIFIC = "specific"


@dataclass(frozen=True, slots=True)
class TritonModel:
    """
    The model that Triton would serve.

    Attributes:
        stored_format: Of `file`.
        file: The model file, or a SavedModel's folder, of the served version.
        inputs: As callers of Triton see them, with the batch axis that `max_batch_size` implies.
        outputs: Likewise.
    """

    stored_format: ModelFormat
    file: Path
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


def find_model(path: Path) -> TritonModel:
    """
    Return the model of a repository with one model, or of one model's folder.

    Args:
        path: Holds `config.pbtxt` and numbered folders, or one folder that does.

    Raises:
        UnsupportedModel: There is no model or more than one, its configuration is damaged, its version or file is missing,
            or its backend is none whose models are read here.
        MissingExtra: Triton's protobufs are not installed.
    """
    folder = _model_folder(path)
    config = _read_config(folder / CONFIG_FILE)
    platform = str(config.platform or config.backend)
    if platform not in FORMATS:
        raise UnsupportedModel(
            f"{folder}: its backend is `{platform or 'not set'}`; read are {', '.join(sorted(FORMATS))}; "
            f"give the model that it was made from, as ONNX, TorchScript or SavedModel"
        )
    stored_format, default = FORMATS[platform]
    version = folder / str(_version(config, folder))
    file = version / _file_name(config, default, folder)
    if not file.exists():
        raise UnsupportedModel(f"{file}: is missing; version {version.name} of `{folder.name}` needs it")
    has_batch = config.max_batch_size > 0
    return TritonModel(
        stored_format,
        file,
        tuple(_spec(item, folder, has_batch=has_batch) for item in config.input),
        tuple(_spec(item, folder, has_batch=has_batch) for item in config.output),
    )


def _model_folder(path: Path) -> Path:
    if not path.is_dir():
        raise UnsupportedModel(f"{path}: is a file; give a folder with {CONFIG_FILE} and numbered versions")
    if (path / CONFIG_FILE).is_file():
        return path
    found = sorted(item.parent for item in path.glob(f"*/{CONFIG_FILE}"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnsupportedModel(
            f"{path}: has no {CONFIG_FILE}, nor has a folder in it; give a model of a Triton repository, "
            f"or the model's own file with its own `model_format`"
        )
    names = ", ".join(folder.name for folder in found)
    raise UnsupportedModel(
        f"{path}: has {len(found)} models ({names}); one is optimized at a time; set `model.path` to `{path / found[0].name}`"
    )


def _read_config(path: Path) -> Any:  # noqa: ANN401 - a ModelConfig
    try:
        from google.protobuf import text_format
        from tritonclient.grpc import model_config_pb2
    except ImportError:
        raise MissingExtra("triton", "reading a Triton repository") from None
    # It is made at run time from its descriptor, which type checkers cannot see.
    config: Any = getattr(model_config_pb2, "ModelConfig")()  # noqa: B009
    try:
        text_format.Parse(path.read_text(encoding="utf-8"), config)
    except (text_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(path, error) from None
    return config


def _version(config: Any, folder: Path) -> int:  # noqa: ANN401 - a ModelConfig
    """Return the newest version that the policy serves; as Triton does, without a policy the newest of all."""
    found = sorted(int(item.name) for item in folder.iterdir() if item.is_dir() and item.name.isdecimal())
    allowed = found
    if config.version_policy.WhichOneof("policy_choice") == SPECIFIC:
        allowed = [version for version in found if version in config.version_policy.specific.versions]
    if not allowed:
        raise UnsupportedModel(
            f"{folder}: has the versions {found or 'none'}, and `version_policy` of {CONFIG_FILE} serves none of them; "
            f"add a numbered folder with the model"
        )
    return allowed[-1]


def _file_name(config: Any, default: str, folder: Path) -> str:  # noqa: ANN401 - a ModelConfig
    name = str(config.default_model_filename or default)
    if Path(name).name != name or name == "..":
        raise UnsupportedModel(
            f"{folder / CONFIG_FILE}: `default_model_filename` is `{name[:80]}`; it is a name in the version's folder"
        )
    return name


def _spec(item: Any, folder: Path, *, has_batch: bool) -> TensorSpec:  # noqa: ANN401 - a ModelInput or ModelOutput
    data_type = item.DESCRIPTOR.fields_by_name["data_type"].enum_type.values_by_number[item.data_type].name
    place = f"{folder / CONFIG_FILE}: `{item.name}`"
    if data_type not in DTYPES:
        raise UnsupportedModel(
            f"{place} holds {data_type}; served are {', '.join(DTYPES)}; export the model without it"
        )
    dims: list[int] = list(item.reshape.shape if item.HasField("reshape") else item.dims)
    if not has_batch:
        if not dims or dims[0] != -1:
            raise UnsupportedModel(
                f"{place} has the dims {dims} while `max_batch_size` is 0; its first axis must be the batch: export the model "
                f"with a dynamic batch axis and set `max_batch_size` to 1 or more, or the first of `dims` to -1"
            )
        dims = dims[1:]
    if wrong := [size for size in dims if size < 1 and size != -1]:
        raise UnsupportedModel(f"{place} has an axis of size {wrong[0]}; sizes are 1 or more, or -1 where any fits")
    shape = (size if size > 0 else f"{item.name}_axis_{index}" for index, size in enumerate(dims, start=1))
    return TensorSpec(name=item.name, dtype=DTYPES[data_type], shape=(BATCH, *shape))

"""What decides, together with the goal, which passes are tried and whether an earlier build still counts."""

import importlib.metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizers import digest
from optimizers.errors import UnsupportedModel
from optimizers.goal import Goal
from optimizers.huggingface_files import CONFIG_FILE, read_object
from optimizers.litert_torch import LITERT_TORCH
from optimizers.model_formats import FORMATS
from optimizers.model_source import ModelSource
from optimizers.named_callable import file_of, not_found
from optimizers.onnx_external_data import model_sha256, model_size_bytes
from optimizers.original import check_readable
from optimizers.vocabulary import ModelFormat, Prediction

# Libraries whose version can change the bytes of an artifact of any model; `FORMATS` adds those of the model's format.
BYTE_WRITERS = ("nncf", "onnx", "onnxruntime", "openvino")
# Converters that no extra installs; where one is missing, a candidate says so.
OPTIONAL_CONVERTERS = (LITERT_TORCH,)
MEASURED_LIBRARIES = (
    *BYTE_WRITERS,
    *sorted({name for row in FORMATS.values() for name in row.writers}),
    "numpy",
    "safetensors",
    "tokenizers",
)


# Name of the setting that holds the digest of labelled data; absent where there are none.
EVALUATION = "evaluation"


class SourceFacts(BaseModel):
    """
    Plain facts about an original model.

    Attributes:
        model_format: The format of the model's file, also of one in a Triton repository.
        model_size_bytes: Size of the model's files.
        model_sha256: Digest of the model's files.
        prediction: What the model predicts.
        settings: What else decides the bytes of an artifact, by name: the source's own fields and digests of what
            they name, and the versions of the libraries that write.
        architectures: Class names that a Hugging Face folder gives its model; empty for others.
        converters: Those of `OPTIONAL_CONVERTERS` that are installed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_format: ModelFormat
    model_size_bytes: int = Field(ge=0)
    model_sha256: str = ""
    prediction: Prediction = Prediction.NUMERIC
    settings: dict[str, str] = Field(default_factory=dict)
    architectures: tuple[str, ...] = ()
    converters: tuple[str, ...] = ()

    @property
    def labels_decide(self) -> bool:
        """Whether labelled data tell right from wrong, in the place of nearness to the original."""
        return EVALUATION in self.settings


def facts_of(source: ModelSource, goal: Goal | None = None) -> SourceFacts:
    """
    Read the facts of a source, without any machine-learning library.

    Args:
        source: The model.
        goal: Tells what else of the user's code takes part, and whether something is made smaller.

    Raises:
        UnsupportedModel: The model is missing, empty or not readable, or the user's code is not found.
    """
    check_readable(source.path)
    model_format = _stored_format(source)
    fields = source.model_dump(mode="json", include={"prediction", "architecture", "inputs", "max_length"})
    settings = {
        "source": digest.canonical_json(fields),
        "samples": digest.of_path(source.samples) if source.samples and source.samples.exists() else "",
        "architecture": _definition_sha256(source.architecture),
        **versions((*BYTE_WRITERS, *FORMATS[model_format].writers)),
        **(_compression_settings(source, goal) if goal else {}),
    }
    if source.evaluation is not None:
        settings[EVALUATION] = digest.of_file(source.evaluation) if source.evaluation.is_file() else ""
    return SourceFacts(
        model_format=model_format,
        model_size_bytes=model_size_bytes(source.path),
        model_sha256=model_sha256(source.path),
        prediction=source.prediction,
        settings=settings,
        architectures=_architectures(source.path),
        converters=tuple(versions(OPTIONAL_CONVERTERS)),
    )


def _stored_format(source: ModelSource) -> ModelFormat:
    if source.model_format is not ModelFormat.TRITON:
        return source.model_format
    from optimizers.triton_repository import find_model

    return find_model(source.path).stored_format


def _architectures(path: Path) -> tuple[str, ...]:
    """Return what `config.json` says; where it is wrong, loading the model says how."""
    try:
        names = read_object(path / CONFIG_FILE).get("architectures")
    except UnsupportedModel:
        return ()
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def versions(distributions: tuple[str, ...]) -> dict[str, str]:
    """Return distribution name to version, of those that are installed."""
    found = dict[str, str]()
    for name in distributions:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _compression_settings(source: ModelSource, goal: Goal) -> dict[str, str]:
    """Return what pruning and training depend on; nothing where there is none, so that other recipes stay as they are."""
    if goal.pruning is None and goal.distillation is None:
        return {}
    found = versions(("torch-pruning",))
    for field, named in goal.user_code.items():
        if file_of(named) is None:
            raise not_found(named, field, "which is not there")
        found[field] = _definition_sha256(named)
    if source.training is not None and source.training.is_file():
        found["training"] = digest.of_file(source.training)
    return found


def _definition_sha256(named: str | None) -> str:
    """Return the digest of the file that defines `package.module:callable`; empty if there is none."""
    file = None if named is None else file_of(named)
    return "" if file is None else digest.of_file(file)

"""A model that takes texts in Triton: a Python model that tokenizes, and an ensemble of it and the artifact's model."""

from pathlib import Path
from typing import Any

from components.packages.own_code import write_own_code
from components.packages.requirements import MODEL, REQUIREMENTS_NAME, TOKENIZERS, pinned
from components.packages.served import INSIDE, ServedArtifact, copy_file
from components.packages.triton_config import CONFIG_NAME, VERSION, batching, config_text, dimensions, protobufs
from optimizers.artifact import MANIFEST_NAME
from optimizers.signature import BATCH, TensorSpec

TEXT = "text"
TOKENIZER_MODULES = ("optimizers.errors", "optimizers.rows", "optimizers.session")


def write_text_models(served: ServedArtifact, model: Any, folder: Path) -> None:  # noqa: ANN401 - a protobuf message
    """
    Write the tokenizer `<name>-tokenizer` and the ensemble `<name>`, which takes `text` and gives the model's outputs.

    Args:
        served: An artifact with a tokenizer.
        model: The `ModelConfig` of the artifact's own model.
        folder: The repository.
    """
    tokenizer = _tokenizer_config(served, model)
    _write_tokenizer(served, folder / tokenizer.name)
    (folder / tokenizer.name / CONFIG_NAME).write_text(config_text(tokenizer))
    # An ensemble has no file of its own, but its version must be a folder, which copies of a package keep only with one.
    marker = folder / served.name / VERSION / "README"
    marker.parent.mkdir(parents=True)
    marker.write_text("The ensemble of the tokenizer and the model beside it has no file of its own.\n")
    (folder / served.name / CONFIG_NAME).write_text(config_text(_ensemble(served, tokenizer, model)))


def _write_tokenizer(served: ServedArtifact, folder: Path) -> None:
    tokenizer = served.manifest.tokenizer
    copy_file(INSIDE / "triton_tokenizer.py", folder / VERSION / "model.py")
    write_own_code(folder / VERSION, *TOKENIZER_MODULES)
    for name in (MANIFEST_NAME, *([tokenizer.file] if tokenizer else ())):
        copy_file(served.folder / name, folder / VERSION / name)
    # The Python backend imports these from the image that it runs in.
    (folder / REQUIREMENTS_NAME).write_text("".join(f"{pinned(name)}\n" for name in (*MODEL, TOKENIZERS)))


def _tokenizer_config(served: ServedArtifact, model: Any) -> Any:  # noqa: ANN401 - protobuf messages
    config: Any = protobufs().ModelConfig(
        name=f"{served.name}-tokenizer", backend="python", max_batch_size=model.max_batch_size
    )
    _add_text(config)
    for spec, tensor in zip(served.manifest.signature.inputs, model.input, strict=True):
        config.output.add(name=spec.name, data_type=tensor.data_type, dims=tensor.dims)
    batching(config, config.max_batch_size)
    group = config.instance_group.add(count=1)
    group.kind = group.KIND_CPU
    return config


def _ensemble(served: ServedArtifact, tokenizer: Any, model: Any) -> Any:  # noqa: ANN401 - protobuf messages
    config: Any = protobufs().ModelConfig(name=served.name, platform="ensemble", max_batch_size=model.max_batch_size)
    _add_text(config)
    first = config.ensemble_scheduling.step.add(model_name=tokenizer.name, model_version=-1)
    first.input_map[TEXT] = TEXT
    second = config.ensemble_scheduling.step.add(model_name=model.name, model_version=-1)
    signature = served.manifest.signature
    for spec, tensor in zip(signature.inputs, model.input, strict=True):
        first.output_map[spec.name] = spec.name
        second.input_map[tensor.name] = spec.name
    for spec, tensor in zip(signature.outputs, model.output, strict=True):
        second.output_map[tensor.name] = spec.name
        config.output.add().CopyFrom(tensor)
        config.output[-1].name = spec.name
    return config


def _add_text(config: Any) -> None:  # noqa: ANN401 - a protobuf message
    text = TensorSpec(name=TEXT, shape=(BATCH, 1))
    tensor = config.input.add(name=TEXT, data_type="TYPE_STRING")
    dimensions(tensor, text, batched=config.max_batch_size > 0)

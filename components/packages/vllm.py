"""vLLM: the Hugging Face folder of a causal language model, as vLLM reads it, with the server's arguments."""

from pathlib import Path
from typing import Any

from components.packages.served import SERVES_ARTIFACTS, ServedOriginal, copy_file
from optimizers.errors import UnsupportedModel
from optimizers.huggingface_files import CONFIG_FILE, read_object, whole_number
from optimizers.model_folder import check_folder
from optimizers.safetensors_index import check_parts

ARGUMENTS_NAME = "server-arguments.yaml"
# How the text generation models of vLLM's registry are called, GPT-2 and Qwen by their older names:
# https://github.com/vllm-project/vllm/blob/main/vllm/model_executor/models/registry.py.
CAUSAL = ("ForCausalLM", "LMHeadModel")
INDEX_NAME = "model.safetensors.index.json"
WEIGHTS = "*.safetensors"
# What the server reads besides weights: settings and the tokenizer. Code and pickled weights stay behind.
READ = (
    CONFIG_FILE, "generation_config.json", INDEX_NAME, WEIGHTS, "tokenizer.json", "tokenizer_config.json",
    "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja",
    "chat_template.json",
)  # fmt: skip
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
# vLLM's own default, written down so that it is changed in one place.
GPU_MEMORY_UTILIZATION = 0.9


def write(served: ServedOriginal, folder: Path) -> tuple[str, ...]:
    """
    Write the model's files and the arguments for `vllm serve FOLDER --config FOLDER/server-arguments.yaml`.

    Raises:
        UnsupportedModel: It is no causal language model in safetensors with a tokenizer, or it needs code of its own.
    """
    source = served.source.path
    config = _config(source)
    check_folder(source)
    for pattern in READ:
        for path in sorted(source.glob(pattern)):
            if path.is_file():
                copy_file(path, folder / path.name)
    (folder / ARGUMENTS_NAME).write_text(_arguments(served, config))
    return ("it serves the original weights: vLLM compiles and batches them itself",)


def _config(source: Path) -> dict[str, Any]:
    if not (source / CONFIG_FILE).is_file():
        raise UnsupportedModel(
            f"{source}: vLLM serves causal language models in the Hugging Face layout, and this is none"
        )
    config = read_object(source / CONFIG_FILE)
    architectures = config.get("architectures") or ["none"]
    if not any(str(name).endswith(CAUSAL) for name in architectures):
        raise UnsupportedModel(
            f"{source / CONFIG_FILE}: vLLM serves causal language models (`…{CAUSAL[0]}`), and this is `{architectures[0]}`; "
            f"{SERVES_ARTIFACTS}"
        )
    if config.get("auto_map"):
        raise UnsupportedModel(f"{source / CONFIG_FILE}: the model needs Python code of its own, which is never run")
    _refuse_incomplete(source)
    return config


def _refuse_incomplete(source: Path) -> None:
    check_parts(source)  # vLLM would follow a path to elsewhere
    if not any(source.glob(WEIGHTS)):
        raise UnsupportedModel(f"{source}: has no weights in safetensors; convert them with `save_pretrained`")
    if not any((source / name).is_file() for name in TOKENIZERS):
        raise UnsupportedModel(f"{source}: has no tokenizer; fetch the model again")


def _arguments(served: ServedOriginal, config: dict[str, Any]) -> str:
    """Return the configuration file of `vllm serve`: https://docs.vllm.ai/en/latest/configuration/serve_args."""
    positions = whole_number(served.source.path / CONFIG_FILE, config, "max_position_embeddings")
    longest = served.source.max_length or positions
    return (
        f"served-model-name: {served.name}\n"
        "dtype: auto\n"
        "load-format: safetensors\n"
        + (f"max-model-len: {longest}\n" if longest else "")
        + f"gpu-memory-utilization: {GPU_MEMORY_UTILIZATION}\n"
        "enable-prefix-caching: true\n"
    )

"""The folder of a causal language model, and the arguments of its server."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from components.packages.kinds import package_kind
from components.packages.served import ServedOriginal, ServerSettings
from components.packages.write import Package, write_package
from optimizers import digest
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.vocabulary import ModelFormat
from tests.support.small_tokenizer import WORDS, write_small_tokenizer

# Long forms of `vllm serve`: https://github.com/vllm-project/vllm/blob/main/vllm/engine/arg_utils.py and
# https://docs.vllm.ai/en/latest/cli/serve.html. The keys of the file that `--config` reads are these.
ARGUMENTS = {
    "served-model-name", "dtype", "load-format", "max-model-len", "gpu-memory-utilization", "enable-prefix-caching",
    "quantization", "tensor-parallel-size", "max-num-seqs", "seed", "kv-cache-dtype", "host", "port", "tokenizer",
}  # fmt: skip
LOAD_FORMATS = {"auto", "pt", "safetensors", "npcache", "dummy", "tensorizer", "runai_streamer", "bitsandbytes"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The files of a causal language model of one layer; nothing here computes it."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": len(WORDS)}
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 32}))
    (folder / "generation_config.json").write_text("{}")
    save_file({"model.embed_tokens.weight": np.zeros((len(WORDS), 8), np.float32)}, folder / "model.safetensors")
    write_small_tokenizer(folder / "tokenizer.json")
    return folder


def package(path: Path, tmp_path: Path, **source: Any) -> Package:
    original = ModelSource(location="model", path=path, model_format=ModelFormat.PYTORCH, **source)
    served = ServedOriginal(
        "chat", ServerSettings(max_batch_size=32, threads=2), original, digest.of_path(path) if path.exists() else ""
    )
    return write_package(package_kind("vllm"), served, tmp_path / "out")


def edit(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_the_folder_is_the_models_without_what_vllm_does_not_read(model: Path, tmp_path: Path) -> None:
    for name in ("pytorch_model.bin", "modeling_evil.py", "README.md"):
        (model / name).write_bytes(b"left behind")
    made = package(model, tmp_path)

    assert {"config.json", "model.safetensors", "tokenizer.json", "generation_config.json"} <= set(made.files)
    assert not {"pytorch_model.bin", "modeling_evil.py", "README.md"} & set(made.files)
    assert load_file(made.folder / "model.safetensors").keys() == load_file(model / "model.safetensors").keys()


def test_every_argument_is_one_of_vllm(model: Path, tmp_path: Path) -> None:
    arguments = yaml.safe_load((package(model, tmp_path).folder / "server-arguments.yaml").read_text())

    assert set(arguments) <= ARGUMENTS
    assert arguments["load-format"] in LOAD_FORMATS
    assert arguments["served-model-name"] == "chat"
    assert 0 < arguments["gpu-memory-utilization"] <= 1


@pytest.mark.parametrize(("config", "asked", "expected"), [(2048, None, 2048), (2048, 512, 512), (None, None, None)])
def test_the_longest_input_is_the_specs_or_the_models(
    model: Path, tmp_path: Path, config: int | None, asked: int | None, expected: int | None
) -> None:
    edit(model / "config.json", max_position_embeddings=config)
    made = package(model, tmp_path, max_length=asked)

    arguments = yaml.safe_load((made.folder / "server-arguments.yaml").read_text())
    assert arguments.get("max-model-len") == expected


def test_another_architecture_is_refused_by_its_name(model: Path, tmp_path: Path) -> None:
    edit(model / "config.json", architectures=["BertModel"])

    with pytest.raises(UnsupportedModel, match=r"causal language models.*this is `BertModel`"):
        package(model, tmp_path)

    assert not (tmp_path / "out").exists()


def test_the_older_name_of_a_causal_model_is_taken(model: Path, tmp_path: Path) -> None:
    edit(model / "config.json", architectures=["GPT2LMHeadModel"])

    assert package(model, tmp_path).files


def test_a_model_that_is_no_hugging_face_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")

    with pytest.raises(UnsupportedModel, match="Hugging Face layout"):
        package(tmp_path / "model.onnx", tmp_path)


def test_a_model_with_code_of_its_own_is_refused(model: Path, tmp_path: Path) -> None:
    edit(model / "config.json", auto_map={"AutoModelForCausalLM": "modeling_evil.Evil"})

    with pytest.raises(UnsupportedModel, match="code of its own, which is never run"):
        package(model, tmp_path)


@pytest.mark.parametrize(
    ("removed", "said"), [("model.safetensors", "no weights in safetensors"), ("tokenizer.json", "no tokenizer")]
)
def test_an_incomplete_model_is_refused(model: Path, tmp_path: Path, removed: str, said: str) -> None:
    (model / removed).unlink()

    with pytest.raises(UnsupportedModel, match=said):
        package(model, tmp_path)


@pytest.mark.parametrize("part", ["model-00002-of-00002.safetensors", "../model/model.safetensors"])
def test_a_part_of_the_weights_that_is_not_there_is_named(model: Path, tmp_path: Path, part: str) -> None:
    index = {"weight_map": {"wte.weight": "model.safetensors", "lm_head.weight": part}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(UnsupportedModel, match=re.escape(f"names `{part}`, which is not beside it")):
        package(model, tmp_path)

"""A language model is read from its folder, answers with logits, and may have weights of 4 bits."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from optimizers.candidates import CANDIDATES
from optimizers.errors import UnsupportedModel
from optimizers.goal import Goal
from optimizers.language_model import is_language_model
from optimizers.model_source import ModelSource
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_int4 import OnnxInt4
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.original import load_original
from optimizers.passes import FormedModel
from optimizers.quiet import quiet
from optimizers.source_facts import facts_of
from optimizers.vocabulary import ModelFormat
from tests.support.networks import write_convolution
from tests.support.small_tokenizer import WORDS, write_small_tokenizer

HIDDEN, LAYERS = 64, 2
GOAL = Goal(latency_sla_ms=50, throughput_rps=10)
BATCH = {"input_ids": np.array([[4, 5, 6, 7], [8, 4, 0, 0]]), "attention_mask": np.array([[1, 1, 1, 1], [1, 1, 0, 0]])}


def save_llama(folder: Path) -> None:
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=HIDDEN,
        intermediate_size=2 * HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32,
        pad_token_id=0,
    )
    with quiet():
        LlamaForCausalLM(config).save_pretrained(folder)
    write_small_tokenizer(folder / "tokenizer.json")


def source(folder: Path) -> ModelSource:
    return ModelSource(location="model", path=folder, model_format=ModelFormat.PYTORCH)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("LlamaForCausalLM",), True),
        (("GPT2LMHeadModel",), True),
        (("BertModel",), False),
        (("BertForMaskedLM",), False),
        ((), False),
    ],
)
def test_a_language_model_is_told_by_the_name_of_its_architecture(names: tuple[str, ...], found: bool) -> None:
    assert is_language_model(names) is found


def test_weights_of_four_bits_are_offered_for_language_models_alone(tmp_path: Path) -> None:
    save_llama(tmp_path / "llama")
    facts = facts_of(source(tmp_path / "llama"))
    (row,) = [row for row in CANDIDATES if row.name == "onnx-int4"]

    assert facts.architectures == ("LlamaForCausalLM",)
    assert row.applies(facts, GOAL)
    assert not row.applies(facts.model_copy(update={"architectures": ("BertModel",)}), GOAL)


def test_the_weights_of_a_llama_are_four_bits_with_a_scale_for_each_block(tmp_path: Path) -> None:
    save_llama(tmp_path / "llama")
    original = load_original(source(tmp_path / "llama"), 1)
    for name in ("exported", "int4"):
        (tmp_path / name).mkdir()
    exported = OnnxExport().run(original.model, tmp_path / "exported")

    found = OnnxInt4().run(exported, tmp_path / "int4")

    assert original.model.signature.outputs[0].shape == ("batch", "sequence", len(WORDS))
    graph = onnx.load(found.file).graph
    kinds = Counter(node.op_type for node in graph.node)
    # Four projections and three matrices of the feed-forward part a layer, and the head.
    assert kinds["MatMulNBits"] == 7 * LAYERS + 1
    weights = {tensor.name: tensor for tensor in graph.initializer}
    first = next(node for node in graph.node if node.op_type == "MatMulNBits")
    bits = {attribute.name: attribute.i for attribute in first.attribute}
    assert (bits["bits"], bits["block_size"], bits["K"], bits["N"]) == (4, 32, HIDDEN, HIDDEN)
    assert list(weights[first.input[1]].dims) == [HIDDEN, HIDDEN // 32, 16]
    assert found.file.stat().st_size < exported.file.stat().st_size / 2
    expected = original.session.run(BATCH)["logits"]
    answers = [OnnxRuntimeSession(item.file, 1, {}).run(BATCH)["logits"] for item in (exported, found)]
    assert np.allclose(answers[0][BATCH["attention_mask"] > 0], expected[BATCH["attention_mask"] > 0], atol=1e-4)
    spread = np.abs(expected).max()
    assert np.abs(answers[1] - answers[0])[BATCH["attention_mask"] > 0].max() < 0.5 * spread


def test_a_head_that_shares_its_weights_with_the_embedding_is_no_missing_weight(tmp_path: Path) -> None:
    config = GPT2Config(vocab_size=len(WORDS), n_embd=16, n_layer=1, n_head=2, n_positions=32)
    with quiet():
        GPT2LMHeadModel(config).save_pretrained(tmp_path / "gpt2")
    write_small_tokenizer(tmp_path / "gpt2" / "tokenizer.json")

    original = load_original(source(tmp_path / "gpt2"), 1)

    assert original.session.run(BATCH)["logits"].shape == (2, 4, len(WORDS))


def test_a_model_without_products_of_weights_is_refused(tmp_path: Path) -> None:
    model: FormedModel = write_convolution(tmp_path / "a", channels=4, size=4, seed=1)
    (tmp_path / "b").mkdir()

    with pytest.raises(UnsupportedModel, match="no matrix product with weights to store in 4 bits"):
        OnnxInt4().run(model, tmp_path / "b")

"""Load a folder in the Hugging Face layout, plain or of sentence-transformers. Imports torch and transformers."""

from pathlib import Path
from typing import Any

from optimizers.errors import UnsupportedModel
from optimizers.huggingface_files import (
    CONFIG_FILE,
    TOKENIZER_FILE,
    architectures,
    read_object,
    read_tokenizer,
    wrong_shape,
)
from optimizers.huggingface_pooling import read_pooling
from optimizers.huggingface_weights import load_weights
from optimizers.language_model import is_language_model
from optimizers.model_source import ModelSource
from optimizers.original import Original
from optimizers.passes import Form, FormedModel
from optimizers.rows import SEQUENCE, TOKEN_IDS, TOKEN_MASK
from optimizers.sentence_model import SentenceModel
from optimizers.signature import BATCH, Signature, TensorSpec
from optimizers.torch_session import TorchSession
from optimizers.vocabulary import Runtime

CLASSIFIER = "ForSequenceClassification"


def load_huggingface(source: ModelSource, threads: int) -> Original:
    """
    Load a text model from `config.json`, `tokenizer.json` and safetensors, without network and without its own code.

    Raises:
        UnsupportedModel: A file is missing or damaged, or the weights do not cover the architecture.
        MissingExtra: `transformers`, `safetensors` or `tokenizers` is not installed.
    """
    folder = source.path
    config = read_object(folder / CONFIG_FILE)
    if not (folder / TOKENIZER_FILE).exists():
        raise UnsupportedModel(f"{folder}: has no tokenizer.json; save the tokenizer of the model into it")
    # Small files first: their mistakes are named better than by the library that reads the weights.
    tokenizer = read_tokenizer(source, config)
    pooling, normalize = read_pooling(folder)
    names = architectures(folder / CONFIG_FILE, config) if pooling is None else []
    predicts_tokens = is_language_model(tuple(names))
    if predicts_tokens:
        kind = "AutoModelForCausalLM"
    else:
        kind = "AutoModelForSequenceClassification" if any(name.endswith(CLASSIFIER) for name in names) else "AutoModel"
    field = "last_hidden_state" if kind == "AutoModel" else "logits"
    encoder, _ = load_weights(folder, kind)
    module = SentenceModel(encoder, field, pooling, normalize=normalize)
    tokens = (BATCH, SEQUENCE)
    inputs = tuple(TensorSpec(name=name, dtype="int64", shape=tokens) for name in (TOKEN_IDS, TOKEN_MASK))
    if predicts_tokens:
        # Each call is a whole text: what a cache of past tokens would save between calls is not asked for.
        encoder.config.use_cache = False
        output = TensorSpec(name="logits", shape=(*tokens, _size(folder, encoder, "vocab_size")))
    elif field == "logits":
        output = TensorSpec(name="logits", shape=(BATCH, _size(folder, encoder, "num_labels")))
    elif pooling is None:
        output = TensorSpec(name="last_hidden_state", shape=(*tokens, _size(folder, encoder, "hidden_size")))
    else:
        output = TensorSpec(name="embedding", shape=(BATCH, _size(folder, encoder, "hidden_size")))
    session = TorchSession(module, (TOKEN_IDS, TOKEN_MASK), (output.name,), threads)
    model = FormedModel(Form.TORCH_MODULE, Signature(inputs=inputs, outputs=(output,)), module=module)
    return Original(model, session, Runtime.PYTORCH, tokenizer, folder / TOKENIZER_FILE)


def _size(folder: Path, encoder: Any, name: str) -> int:  # noqa: ANN401 - a transformers model
    size = getattr(encoder.config, name, None)
    if not isinstance(size, int) or size < 1:
        raise wrong_shape(folder / CONFIG_FILE, f"`{name}`", str(size), "a whole number from 1 up")
    return size

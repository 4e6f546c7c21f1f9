"""Read the JSON files beside a Hugging Face model: its settings and its tokenizer."""

import json
from pathlib import Path
from typing import Any

from optimizers.artifact import Tokenizer
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import damaged

UNSET_MAX_LENGTH = 1_000_000  # tokenizers without a limit record about 1e30
TOKENIZER_FILE = "tokenizer.json"


def read_tokenizer(source: ModelSource, config: dict[str, Any]) -> Tokenizer:
    """
    Return the tokenizer settings: the longest input and the padding token.

    Raises:
        UnsupportedModel: `max_length` is beyond the model's positions, or its vocabulary smaller than the tokenizer's.
    """
    from tokenizers import Tokenizer as Encoder

    folder = source.path
    try:
        size = Encoder.from_file(str(folder / TOKENIZER_FILE)).get_vocab_size()
    except Exception as error:  # the library raises plain Exception
        raise damaged(folder / TOKENIZER_FILE, error) from error
    vocabulary = int(config.get("vocab_size") or size)
    if size > vocabulary:
        raise UnsupportedModel(
            f"{folder}: the tokenizer has {size} tokens, the model {vocabulary}; they do not belong together"
        )
    sentence = folder / "sentence_bert_config.json"
    settings = folder / "tokenizer_config.json"
    positions = int(config.get("max_position_embeddings") or UNSET_MAX_LENGTH)
    declared = (
        read_json(sentence).get("max_seq_length") if sentence.is_file() else None,
        read_json(settings).get("model_max_length") if settings.is_file() else None,
    )
    known = [int(value) for value in declared if value and value < UNSET_MAX_LENGTH]
    max_length = source.max_length or (known[0] if known else positions)
    if max_length > positions:
        raise UnsupportedModel(
            f"`model.max_length`: got {max_length}; this model has {positions} positions; lower it to {positions} or less"
        )
    return Tokenizer(max_length=max_length, pad_token_id=int(config.get("pad_token_id") or 0))


def read_json(path: Path) -> Any:  # noqa: ANN401 - any JSON
    """
    Return the content of one JSON file of the folder.

    Raises:
        UnsupportedModel: The file is missing or not JSON.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise UnsupportedModel(f"{path.parent}: has no {path.name}; give a folder in the Hugging Face layout") from None
    except (OSError, ValueError) as error:
        raise damaged(path, error) from None

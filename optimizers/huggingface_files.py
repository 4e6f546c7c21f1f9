"""Read the JSON files beside a Hugging Face model: its settings and its tokenizer."""

import json
from pathlib import Path
from typing import Any

from optimizers.artifact import Tokenizer
from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.json_text import parse_json
from optimizers.model_source import ModelSource
from optimizers.original import damaged

UNSET_MAX_LENGTH = 1_000_000  # tokenizers without a limit record about 1e30
CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"
SHOWN_CHARACTERS = 80


def tokenizer_beside(source: ModelSource) -> Tokenizer:
    """
    Return the tokenizer settings of a folder, whose `config.json` may be missing (ONNX).

    Raises:
        UnsupportedModel: A file is damaged, or they contradict each other.
    """
    config = source.path / CONFIG_FILE
    return read_tokenizer(source, read_object(config) if config.is_file() else {})


def read_tokenizer(source: ModelSource, config: dict[str, Any]) -> Tokenizer:
    """
    Return the tokenizer settings: the longest input and the padding token.

    Raises:
        UnsupportedModel: `max_length` is beyond the model's positions or leaves no room for a token, or the model's
            vocabulary is smaller than the tokenizer's.
        MissingExtra: `tokenizers` is not installed.
    """
    try:
        from tokenizers import Tokenizer as Encoder
    except ImportError:
        raise MissingExtra("serving", "a model that takes text") from None
    folder = source.path
    if (folder / TOKENIZER_FILE).is_dir():
        raise is_folder(folder / TOKENIZER_FILE)
    try:
        encoder = Encoder.from_file(str(folder / TOKENIZER_FILE))
    except Exception as error:  # the library raises plain Exception
        raise damaged(folder / TOKENIZER_FILE, error) from error
    size, special = encoder.get_vocab_size(), encoder.num_special_tokens_to_add(is_pair=False)
    path = folder / CONFIG_FILE
    vocabulary = whole_number(path, config, "vocab_size") or size
    if size > vocabulary:
        raise UnsupportedModel(
            f"{folder}: the tokenizer has {size} tokens, the model {vocabulary}; they do not belong together"
        )
    positions = whole_number(path, config, "max_position_embeddings") or UNSET_MAX_LENGTH
    declared = (
        _declared(folder / "sentence_bert_config.json", "max_seq_length"),
        _declared(folder / "tokenizer_config.json", "model_max_length"),
    )
    known = [value for value in declared if value and value < UNSET_MAX_LENGTH]
    max_length = source.max_length or (known[0] if known else positions)
    if max_length > positions:
        raise UnsupportedModel(
            f"`model.max_length`: got {max_length}; this model has {positions} positions; lower it to {positions} or less"
        )
    if max_length <= special:
        raise UnsupportedModel(
            f"`model.max_length`: got {max_length}; the tokenizer adds {special} tokens to each text, "
            f"which leaves none for the text; set it to {special + 1} or more"
        )
    padding = whole_number(path, config, "pad_token_id") or 0
    if padding >= vocabulary:
        raise UnsupportedModel(f"{path}: `pad_token_id` is {padding}; token ids are 0 to {vocabulary - 1}; correct it")
    return Tokenizer(max_length=max_length, pad_token_id=padding)


def read_object(path: Path) -> dict[str, Any]:
    """
    Return the content of one JSON file that holds an object.

    Raises:
        UnsupportedModel: The file is missing, not JSON or holds something else.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise wrong_shape(path, "the file", content, "a JSON object")
    return content


def read_json(path: Path) -> Any:  # noqa: ANN401 - any JSON
    """
    Return the content of one JSON file of the folder.

    Raises:
        UnsupportedModel: The file is missing or not JSON.
    """
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnsupportedModel(f"{path.parent}: has no {path.name}; give a folder in the Hugging Face layout") from None
    except IsADirectoryError:
        raise is_folder(path) from None
    except UnicodeDecodeError as error:
        raise UnsupportedModel(f"{path}: is not UTF-8 at byte {error.start}; fetch the model again") from None
    except (OSError, ValueError) as error:
        raise damaged(path, error) from None


def whole_number(path: Path, content: dict[str, Any], key: str) -> int | None:
    """
    Return a count from 0 up, or None where the file has none.

    Raises:
        UnsupportedModel: It is negative or something else than a whole number.
    """
    value = content.get(key)
    if value is None:
        return None
    whole = type(value) is int or (isinstance(value, float) and value.is_integer())
    if not whole or value < 0:
        raise wrong_shape(path, f"`{key}`", value, "a whole number from 0 up")
    return int(value)


def architectures(path: Path, config: dict[str, Any]) -> list[str]:
    """
    Return the names of the classes that `config.json` says the model is.

    Raises:
        UnsupportedModel: They are no list of names.
    """
    names: object = config.get("architectures")
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise wrong_shape(path, "`architectures`", names, "a list of class names")
    return names


def wrong_shape(path: Path, what: str, value: object, needed: str) -> UnsupportedModel:
    """Return the error for a value that is valid JSON and not what the layout has there."""
    shown = json.dumps(value)[:SHOWN_CHARACTERS]
    return UnsupportedModel(f"{path}: {what} is {shown}; {needed} is needed; correct it or fetch the model again")


def is_folder(path: Path) -> UnsupportedModel:
    """Return the error for a folder that has the name of a file."""
    return UnsupportedModel(f"{path}: is a folder, a file is needed; fetch the model again")


def _declared(path: Path, key: str) -> int | None:
    return whole_number(path, read_object(path), key) if path.is_file() else None

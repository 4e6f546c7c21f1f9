"""Read how a folder of the sentence-transformers layout turns the vectors of all tokens into one. Imports torch."""

import json
from pathlib import Path, PurePosixPath

from optimizers.errors import UnsupportedModel
from optimizers.huggingface_files import read_json, read_object, wrong_shape
from optimizers.sentence_model import Pooling

MODULES_FILE = "modules.json"
SUPPORTED_MODULES = frozenset({"Transformer", "Pooling", "Normalize"})
MODES = {
    "pooling_mode_mean_tokens": Pooling.MEAN,
    "pooling_mode_cls_token": Pooling.CLS,
    "pooling_mode_max_tokens": Pooling.MAX,
}


def read_pooling(folder: Path) -> tuple[Pooling | None, bool]:
    """
    Return how `modules.json` pools and whether it normalizes; (None, False) for a plain Hugging Face folder.

    Raises:
        UnsupportedModel: A file is damaged or of the wrong shape, or names a module or a pooling that is not supported.
    """
    path = folder / MODULES_FILE
    if not path.exists():
        return None, False
    modules = _modules(path)
    if unknown := sorted(modules.keys() - SUPPORTED_MODULES):
        raise UnsupportedModel(
            f"{path}: the module `{unknown[0]}` is not supported; export the model to ONNX and give that"
        )
    if "Pooling" not in modules:
        raise UnsupportedModel(f"{path}: has no Pooling module; export the model to ONNX and give that")
    sentence = folder / "sentence_bert_config.json"
    if sentence.is_file() and read_object(sentence).get("do_lower_case"):
        raise UnsupportedModel(f"{sentence}: `do_lower_case` is not supported; let the tokenizer change the case")
    return _mode(folder / modules["Pooling"] / "config.json"), "Normalize" in modules


def _modules(path: Path) -> dict[str, str]:
    """Return the class name and the folder of each module."""
    content = read_json(path)
    if not isinstance(content, list):
        raise wrong_shape(path, "the file", content, "a list of modules")
    modules = dict[str, str]()
    for index, module in enumerate(content):
        kind, place = (module.get("type"), module.get("path")) if isinstance(module, dict) else (None, None)
        if not isinstance(kind, str) or not isinstance(place, str):
            raise wrong_shape(path, f"module {index}", module, "an object with the texts `type` and `path`")
        parts = PurePosixPath(place)
        if parts.is_absolute() or ".." in parts.parts or not place.isprintable():
            raise wrong_shape(path, f"`path` of module {index}", place, "a folder below the model's own")
        modules[kind.rpartition(".")[2]] = place
    return modules


def _mode(path: Path) -> Pooling:
    config = read_object(path)
    mode = config.get("pooling_mode")
    if isinstance(mode, str) and mode in set(Pooling):
        return Pooling(mode)
    modes = [key for key, value in config.items() if key.startswith("pooling_mode_") and value]
    if len(modes) != 1 or modes[0] not in MODES:
        got = json.dumps(modes or mode)
        raise UnsupportedModel(
            f"{path}: got the pooling {got}; one of mean, cls and max is supported; export the model to ONNX and give that"
        )
    return MODES[modes[0]]

"""Load the weights of a folder in the Hugging Face layout. Imports transformers."""

from importlib import import_module
from pathlib import Path
from typing import Any

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.original import damaged
from optimizers.quiet import quiet
from optimizers.safetensors_index import check_parts

POOLER = "pooler."


def load_weights(folder: Path, kind: str) -> tuple[Any, bool]:
    """
    Return the model in 32-bit floating point, without network and without its own code, and whether its pooler has weights.

    An encoder's own pooler is not needed, and many published folders leave it out.

    Args:
        folder: Has `config.json` and safetensors.
        kind: A class of transformers, such as `AutoModel`.

    Raises:
        UnsupportedModel: There is no safetensors file, one is elsewhere, or the weights do not fit `config.json`.
        MissingExtra: `transformers` or `safetensors` is not installed.
    """
    if not any(path.is_file() for path in folder.glob("*.safetensors")):
        raise UnsupportedModel(f"{folder}: has no .safetensors file; save the model with `save_pretrained`")
    check_parts(folder)
    try:
        import_module("safetensors")  # transformers asks for it late, and in other words
        import transformers
    except ImportError:
        raise MissingExtra("torch", "loading a Hugging Face model") from None
    transformers.logging.disable_progress_bar()
    try:
        with quiet():
            model, info = getattr(transformers, kind).from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
            )
    except Exception as error:  # noqa: BLE001 - a config of the wrong shape makes transformers raise almost anything
        raise damaged(folder, error) from None
    missing = sorted(name for name in info["missing_keys"] if not name.startswith(POOLER))
    if missing or info["mismatched_keys"]:
        first = missing[0] if missing else info["mismatched_keys"][0]
        raise UnsupportedModel(f"{folder}: the weights do not fit config.json (`{first}`); fetch the model again")
    return model.float(), not any(name.startswith(POOLER) for name in info["missing_keys"])

"""Check the index of weights that are split over files, before a library follows the names in it."""

from pathlib import Path

from optimizers.errors import UnsupportedModel
from optimizers.huggingface_files import SHOWN_CHARACTERS, read_object, wrong_shape

INDEXES = "*.safetensors.index.json"
MAP = "weight_map"


def check_parts(folder: Path) -> None:
    """
    Refuse parts of the weights that are not plain files beside their index: their bytes would be in no digest.

    Raises:
        UnsupportedModel: An index names a path, a file that is missing, a symbolic link or a hard link.
    """
    # Below too, since `transformers_weights` in `config.json` may name any index of the folder.
    for index in sorted(folder.rglob(INDEXES)):
        beside = {path.name for path in index.parent.iterdir() if path.is_file()}
        for part in _parts(index):
            shown = part[:SHOWN_CHARACTERS]
            if part not in beside:
                raise UnsupportedModel(
                    f"{index}: names `{shown}`, which is not beside it; fetch the model again, or save it with `save_pretrained`"
                )
            path = index.parent / part
            if path.is_symlink() or path.stat().st_nlink > 1:
                kind = "symbolic" if path.is_symlink() else "hard"
                raise UnsupportedModel(
                    f"{index}: names `{shown}`, which is a {kind} link; parts are plain files; copy what it points to into its place"
                )


def _parts(index: Path) -> list[str]:
    names = read_object(index).get(MAP, {})
    if not isinstance(names, dict):
        raise wrong_shape(index, f"`{MAP}`", names, "an object of tensors to files")
    for name in names.values():
        if not isinstance(name, str):
            raise wrong_shape(index, f"a file of `{MAP}`", name, "the name of a file")
    return sorted(set(names.values()))

"""A pass whose model is a folder, as those of Core ML and TensorFlow are."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.passes import Form, FormedModel


@dataclass(frozen=True, slots=True)
class FolderPass:
    """Writes `model.package/data/weights` with the bytes of the model that it takes."""

    name: ClassVar[str] = "folder"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.COREML

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """Write the folder."""
        weights = folder / "model.package/data/weights"
        weights.parent.mkdir(parents=True)
        weights.write_bytes(model.file.read_bytes())
        return FormedModel(Form.COREML, model.signature, path=folder / "model.package")

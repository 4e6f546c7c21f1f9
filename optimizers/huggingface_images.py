"""Load an image model from a folder in the Hugging Face layout, with its own processor. Imports torch and transformers."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch

from optimizers.errors import MissingExtra, UnsupportedModel, short_reason
from optimizers.huggingface_files import CONFIG_FILE, architectures, read_object
from optimizers.huggingface_weights import load_weights
from optimizers.image_model import ImageModel
from optimizers.image_samples import SEED, generated_images, read_images
from optimizers.model_source import ModelSource
from optimizers.original import Original, OwnSamples
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import BATCH, Signature, TensorSpec
from optimizers.signature_probe import LARGE, SMALL, outputs_of_two_sizes, probe_inputs
from optimizers.torch_session import TorchSession
from optimizers.vocabulary import Runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROCESSOR_FILE = "preprocessor_config.json"
PIXELS = "pixel_values"
CLASSIFIER = "ForImageClassification"
CHANNEL_AXES = 3


def load_image_model(source: ModelSource, threads: int) -> Original:
    """
    Load a classifier or encoder of images; sample images go through the processor that lies beside it.

    Raises:
        UnsupportedModel: A file is missing or damaged, the weights do not cover the architecture, or the processor gives
            images of different sizes.
        MissingExtra: `transformers`, `safetensors` or Pillow is not installed.
    """
    folder = source.path
    config = read_object(folder / CONFIG_FILE)
    classifier = any(name.endswith(CLASSIFIER) for name in architectures(folder / CONFIG_FILE, config))
    processor = _load_processor(source)
    pixels = _process(processor, generated_images()[:1], source)[PIXELS]
    encoder, has_pooler = load_weights(folder, "AutoModelForImageClassification" if classifier else "AutoModel")
    field = "logits" if classifier else _field(encoder, pixels, has_pooler=has_pooler)
    module = ImageModel(encoder, field)
    session = TorchSession(module, (PIXELS,), (field,), threads)
    inputs = (TensorSpec(name=PIXELS, dtype=str(pixels.dtype), shape=(BATCH, *pixels.shape[1:])),)
    outputs = outputs_of_two_sizes(session, source, inputs, probe_inputs(inputs, SMALL), probe_inputs(inputs, LARGE))
    model = FormedModel(Form.TORCH_MODULE, Signature(inputs=inputs, outputs=outputs), module=module)
    own = None if source.samples and source.samples.is_file() else lambda: _own_samples(source, processor)
    return Original(model, session, Runtime.PYTORCH, own_samples=own)


def _load_processor(source: ModelSource) -> Any:  # noqa: ANN401 - a transformers image processor
    try:
        import_module("PIL")
        import transformers
    except ImportError:
        raise MissingExtra("torch", "loading a Hugging Face image model") from None
    kind: Any = transformers.AutoImageProcessor
    try:
        with quiet():
            return kind.from_pretrained(source.path, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # noqa: BLE001 - a file of the wrong shape makes transformers raise almost anything
        raise UnsupportedModel(
            f"{source.path / PROCESSOR_FILE}: no image processor of transformers reads it ({short_reason(error)}); "
            f"text models (with a tokenizer.json) and image models are read; export others to ONNX"
        ) from None


def _own_samples(source: ModelSource, processor: Any) -> OwnSamples:  # noqa: ANN401 - a transformers image processor
    if source.samples is None:
        words = f"generated images, seed {SEED}, through the model's processor; give your own with `model.samples`"
        return OwnSamples(_process(processor, generated_images(), source), words)
    images = read_images(source.samples)
    words = f"{len(images)} images of `{source.samples.name}` through the model's processor"
    return OwnSamples(_process(processor, images, source), words)


def _process(
    processor: Any,  # noqa: ANN401 - a transformers image processor
    images: "Sequence[NDArray[Any]]",
    source: ModelSource,
) -> "dict[str, NDArray[Any]]":
    import numpy as np

    rows = list["NDArray[Any]"]()
    for image in images:
        try:
            with quiet():
                made: Any = processor(images=[image], return_tensors="pt")
            rows.append(made[PIXELS].numpy())
        except Exception as error:  # noqa: BLE001 - as above
            raise UnsupportedModel(
                f"{source.path / PROCESSOR_FILE}: the processor fails on an image ({short_reason(error)}); fetch the model again"
            ) from None
    if len({row.shape for row in rows}) > 1 or rows[0].ndim != 1 + CHANNEL_AXES:
        shapes = ", ".join(sorted({str(row.shape[1:]) for row in rows}))
        raise UnsupportedModel(
            f"{source.path / PROCESSOR_FILE}: images of different sizes become {PIXELS} of the shapes {shapes}; set "
            f"`do_resize` and `do_center_crop` with fixed sizes"
        )
    return {PIXELS: np.concatenate(rows)}


def _field(encoder: Any, pixels: "NDArray[Any]", *, has_pooler: bool) -> str:  # noqa: ANN401 - a transformers model
    with torch.inference_mode():
        answer: Any = encoder.eval()(pixel_values=torch.from_numpy(pixels), return_dict=True)
    return "pooler_output" if has_pooler and answer.get("pooler_output") is not None else "last_hidden_state"

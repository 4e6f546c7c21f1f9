"""TensorFlow Serving: the original SavedModel in a version folder, with the server's two configuration files."""

from pathlib import Path

from components.packages.served import QUEUE_DELAY_US, SERVES_ARTIFACTS, ServedOriginal, copy_file
from optimizers.errors import UnsupportedModel
from optimizers.model_folder import check_folder

# The folder that the official image serves from: https://www.tensorflow.org/tfx/serving/docker.
MODELS_FOLDER = "/models"
VERSION = "1"
SAVED_MODEL = "saved_model.pb"
# What a SavedModel consists of; TensorFlow Serving reads nothing else:
# https://www.tensorflow.org/guide/saved_model#the_savedmodel_format_on_disk.
PARTS = (SAVED_MODEL, "fingerprint.pb", "variables/**/*", "assets/**/*", "assets.extra/**/*")
# Batches that may wait for a thread: https://github.com/tensorflow/serving/blob/master/tensorflow_serving/batching/README.md.
ENQUEUED_BATCHES = 100


def write(served: ServedOriginal, folder: Path) -> tuple[str, ...]:
    """
    Write `<name>/1/` with the SavedModel, `models.config` and `batching.config`.

    Raises:
        UnsupportedModel: The original is no SavedModel.
    """
    source = served.source.path
    if not (source / SAVED_MODEL).is_file():
        raise UnsupportedModel(
            f"{source}: TensorFlow Serving runs SavedModels and nothing else, and this model is none; {SERVES_ARTIFACTS}"
        )
    check_folder(source)
    for pattern in PARTS:
        for path in sorted(source.glob(pattern)):
            if path.is_file():
                copy_file(path, folder / served.name / VERSION / path.relative_to(source))
    (folder / "models.config").write_text(_models(served))
    (folder / "batching.config").write_text(_batching(served))
    return ("it serves the original SavedModel: no optimized artifact is one",)


def _models(served: ServedOriginal) -> str:
    """Return a `ModelServerConfig`; the newest version in the folder is served."""
    return (
        "model_config_list {\n"
        "  config {\n"
        f'    name: "{served.name}"\n'
        f'    base_path: "{MODELS_FOLDER}/{served.name}"\n'
        '    model_platform: "tensorflow"\n'
        "    model_version_policy { latest { num_versions: 1 } }\n"
        "  }\n"
        "}\n"
    )


def _batching(served: ServedOriginal) -> str:
    """Return `BatchingParameters`; every value is wrapped, since 0 differs from not set."""
    settings = served.settings
    return (
        f"max_batch_size {{ value: {settings.max_batch_size} }}\n"
        f"batch_timeout_micros {{ value: {QUEUE_DELAY_US} }}\n"
        f"max_enqueued_batches {{ value: {ENQUEUED_BATCHES} }}\n"
        f"num_batch_threads {{ value: {settings.threads} }}\n"
    )

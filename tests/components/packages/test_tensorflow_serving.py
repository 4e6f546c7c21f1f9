"""The version folder and the configuration, read by the protobufs of TensorFlow Serving."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

from components.packages.kinds import package_kind
from components.packages.served import ServedOriginal, ServerSettings
from components.packages.write import Package, write_package
from optimizers import digest
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.vocabulary import ModelFormat
from tests.support.checkout import ROOT
from tests.support.small_model import write_small_onnx


def package(path: Path, tmp_path: Path, **settings: Any) -> Package:
    source = ModelSource(location="model", path=path, model_format=ModelFormat.TENSORFLOW)
    served = ServedOriginal(
        "small", ServerSettings(**{"max_batch_size": 32, "threads": 2, **settings}), source, digest.of_path(path)
    )
    return write_package(package_kind("tensorflow-serving"), served, tmp_path / "out")


@pytest.fixture
def saved_model(tmp_path: Path) -> Path:
    """The files of a SavedModel; what is in them is TensorFlow Serving's to read."""
    folder = tmp_path / "saved"
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    for name in ("saved_model.pb", "fingerprint.pb", "variables/variables.index", "assets/words.txt"):
        (folder / name).write_text(name)
    return folder


def batching_parameters() -> Any:
    """
    `BatchingParameters`, which tensorflow-serving-api leaves out, field by field as in its source.

    https://github.com/tensorflow/serving/blob/master/tensorflow_serving/servables/tensorflow/session_bundle_config.proto
    """
    file = descriptor_pb2.FileDescriptorProto(name="batching.proto", package="tensorflow.serving", syntax="proto3")
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    message = file.message_type.add(name="BatchingParameters")
    fields = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")
    for number, name in enumerate(fields, 1):
        message.field.add(name=name, number=number, type=11, label=1, type_name=".google.protobuf.Int64Value")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters"))()


def test_the_version_folder_holds_the_saved_model_and_nothing_else(saved_model: Path, tmp_path: Path) -> None:
    (saved_model / "notes.py").write_text("no part of a SavedModel")
    (saved_model / "variables/.git").mkdir()
    made = package(saved_model, tmp_path)

    files = {path for path in made.files if path.startswith("small/")}
    assert files == {
        "small/1/saved_model.pb",
        "small/1/fingerprint.pb",
        "small/1/variables/variables.index",
        "small/1/assets/words.txt",
    }
    assert (made.folder / "small/1/assets/words.txt").read_bytes() == (saved_model / "assets/words.txt").read_bytes()
    (remark,) = made.remarks
    assert "the original SavedModel" in remark


# In a process of its own: TensorFlow takes seconds to import, and its libraries stay.
REAL = """
import sys
from pathlib import Path
import tensorflow as tf
from tests.components.packages.test_tensorflow_serving import package

class Lookup(tf.Module):
    def __init__(self, words):
        super().__init__()
        self.words = tf.saved_model.Asset(words)
        rows = tf.lookup.TextFileInitializer(
            self.words, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
        self.table = tf.lookup.StaticHashTable(rows, -1)
        self.scale = tf.Variable([10, 20, 30], dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, words):
        return tf.gather(self.scale, self.table.lookup(words))

folder = Path(sys.argv[1])
(folder / "words.txt").write_text("the\\ntrain\\nleaves\\n")
lookup = Lookup(str(folder / "words.txt"))
tf.saved_model.save(lookup, folder / "saved", signatures=lookup.__call__)
made = package(folder / "saved", folder)
served = tf.saved_model.load(str(made.folder / "small/1")).signatures["serving_default"]
print(served(words=tf.constant(["leaves", "the"]))["output_0"].numpy().tolist())
"""


def test_a_real_saved_model_answers_from_the_version_folder(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", REAL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[30, 10]"


def test_the_server_reads_which_model_it_serves(saved_model: Path, tmp_path: Path) -> None:
    from tensorflow_serving.config import model_server_config_pb2

    text = (package(saved_model, tmp_path).folder / "models.config").read_text()
    found = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())

    (model,) = found.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("small", "/models/small", "tensorflow")
    assert model.model_version_policy.latest.num_versions == 1


def test_the_server_reads_how_it_batches(saved_model: Path, tmp_path: Path) -> None:
    text = (package(saved_model, tmp_path, max_batch_size=24, threads=3).folder / "batching.config").read_text()
    found = text_format.Parse(text, batching_parameters())

    assert (found.max_batch_size.value, found.batch_timeout_micros.value) == (24, 100)
    assert (found.max_enqueued_batches.value, found.num_batch_threads.value) == (100, 3)


def test_another_model_is_refused_and_told_what_serves_it(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "small.onnx")

    with pytest.raises(UnsupportedModel, match=r"runs SavedModels and nothing else.*`triton`"):
        package(tmp_path / "small.onnx", tmp_path)

    assert not (tmp_path / "out").exists()


def test_a_link_to_outside_is_refused(saved_model: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (saved_model / "assets/words.txt").unlink()
    (saved_model / "assets/words.txt").symlink_to(tmp_path / "secret")

    with pytest.raises(UnsupportedModel, match="link to outside"):
        package(saved_model, tmp_path)

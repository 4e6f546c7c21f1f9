"""
Small TensorFlow and Keras models, good and bad, each in a file or folder of its own.

`python -m tests.support.tensorflow_models FOLDER [digits]` writes them, or those of the digits alone: TensorFlow takes seconds to import and stays out of the
process of the tests.
"""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import tensorflow as tf


def main(folder: Path, *, digits_alone: bool) -> None:
    """Write every model, or the two forms of one."""
    keras.utils.set_random_seed(1)
    images = keras.Input((8, 8, 1), name="image")
    hidden = keras.layers.Conv2D(4, 3, activation="relu")(images)
    scores = keras.layers.Dense(3, activation="softmax", name="scores")(keras.layers.Flatten()(hidden))
    digits = keras.Model(images, scores)
    digits.export(folder / "digits", verbose=False)
    digits.save(folder / "digits.keras")
    if digits_alone:
        return
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    total = keras.layers.Add(name="total")([keras.layers.Dense(3)(left), right])
    keras.Model({"right": right, "left": left}, [total, keras.layers.Dense(2, name="two")(total)]).save(
        folder / "two.keras"
    )
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="only")]).save(folder / "sequential.keras")
    keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x + 1)]).save(folder / "lambda.keras")
    _export_usual_layers(folder)
    for name, (function, *shape) in FUNCTIONS.items():
        _save(folder / name, function, tf.TensorSpec(shape, tf.string if name == "text" else tf.float32, "x"))


def _export_usual_layers(folder: Path) -> None:
    layers = keras.layers
    images = [
        layers.Rescaling(1 / 255), layers.Resizing(8, 8), layers.Normalization(mean=0.5, variance=2.0),
        layers.RandomFlip(), layers.SeparableConv2D(4, 3), layers.BatchNormalization(), layers.DepthwiseConv2D(3),
        layers.MaxPooling2D(), layers.Conv2DTranspose(2, 3), layers.Dropout(0.5), layers.GlobalAveragePooling2D(),
    ]  # fmt: skip
    keras.Sequential([keras.Input((8, 8, 3)), *images]).export(folder / "images", verbose=False)
    recurrent = [layers.Embedding(9, 4), layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.GRU(3)]
    keras.Sequential([keras.Input((5,), dtype="int32"), *recurrent]).export(folder / "recurrent", verbose=False)
    tokens = keras.Input((5, 4))
    attended = layers.MultiHeadAttention(2, 2)(tokens, tokens)
    keras.Model(tokens, layers.LayerNormalization()(layers.Add()([tokens, attended]))).export(
        folder / "attention", verbose=False
    )
    module = tf.Module()
    module.words = layers.TextVectorization(vocabulary=["one", "two"], output_sequence_length=3)
    module.serve = tf.function(
        lambda x: {"y": module.words(tf.strings.as_string(x))}, input_signature=[tf.TensorSpec((None,), tf.int32, "x")]
    )
    tf.saved_model.save(module, str(folder / "table"), signatures={"serving_default": module.serve})


def _save(path: Path, function: object, spec: tf.TensorSpec) -> None:
    module = tf.Module()
    module.variable = tf.Variable(2.0)
    module.serve = tf.function(function, input_signature=[spec])
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve})


def _write_file(x: tf.Tensor) -> dict[str, tf.Tensor]:
    tf.io.write_file("written", "x")
    return {"y": x * 2}


def _dataset(x: tf.Tensor) -> dict[str, tf.Tensor]:
    graph = tf.Graph()
    with graph.as_default():
        tf.io.write_file("written", "x")
        tf.raw_ops.TensorDataset(components=[tf.constant(1)], output_shapes=[[]], name="dataset")
    graph_def = tf.constant(graph.as_graph_def().SerializeToString())
    return {
        "y": x * 2
        + tf.cast(
            tf.size(tf.raw_ops.DatasetToGraph(input_dataset=tf.raw_ops.DatasetFromGraph(graph_def=graph_def))),
            tf.float32,
        )
    }


def _save_checkpoint(x: tf.Tensor) -> dict[str, tf.Tensor]:
    tf.raw_ops.SaveV2(prefix="written", tensor_names=["x"], shape_and_slices=[""], tensors=[x])
    return {"y": x * 2}


def _python(x: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"y": tf.py_function(lambda value: value * 2, [x], tf.float32)}


FUNCTIONS = {
    "reversed": (lambda x: {"y": tf.reverse(x, [1])}, None, None, 3),
    "writes": (_write_file, None, 3),
    "dataset": (_dataset, None, 3),
    "saves": (_save_checkpoint, None, 3),
    "python": (_python, None, 3),
    "fixed": (lambda x: {"y": x * 2}, 5, 3),
    "text": (lambda x: {"y": tf.strings.length(x)}, None),
    "spectrum": (lambda x: {"y": tf.abs(tf.signal.fft3d(tf.cast(x, tf.complex64)))}, None, 4, 4, 4),
}


if __name__ == "__main__":
    main(Path(sys.argv[1]), digits_alone="digits" in sys.argv[2:])

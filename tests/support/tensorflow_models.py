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
    for name, (function, *shape) in FUNCTIONS.items():
        _save(folder / name, function, tf.TensorSpec(shape, tf.string if name == "text" else tf.float32, "x"))


def _save(path: Path, function: object, spec: tf.TensorSpec) -> None:
    module = tf.Module()
    module.variable = tf.Variable(2.0)
    module.serve = tf.function(function, input_signature=[spec])
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve})


def _write_file(x: tf.Tensor) -> dict[str, tf.Tensor]:
    tf.io.write_file("written", "x")
    return {"y": x * 2}


def _save_checkpoint(x: tf.Tensor) -> dict[str, tf.Tensor]:
    tf.raw_ops.SaveV2(prefix="written", tensor_names=["x"], shape_and_slices=[""], tensors=[x])
    return {"y": x * 2}


def _python(x: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"y": tf.py_function(lambda value: value * 2, [x], tf.float32)}


FUNCTIONS = {
    "reversed": (lambda x: {"y": tf.reverse(x, [1])}, None, None, 3),
    "writes": (_write_file, None, 3),
    "saves": (_save_checkpoint, None, 3),
    "python": (_python, None, 3),
    "fixed": (lambda x: {"y": x * 2}, 5, 3),
    "text": (lambda x: {"y": tf.strings.length(x)}, None),
    "spectrum": (lambda x: {"y": tf.abs(tf.signal.fft3d(tf.cast(x, tf.complex64)))}, None, 4, 4, 4),
}


if __name__ == "__main__":
    main(Path(sys.argv[1]), digits_alone="digits" in sys.argv[2:])

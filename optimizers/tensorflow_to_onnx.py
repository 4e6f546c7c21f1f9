"""Convert a TensorFlow model to ONNX."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.onnx_export import ONNX_FILE
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet

# tf2onnx takes a graph with the weights in it, and TensorFlow has no way to write a larger one (`ValueError: Invalid GraphDef`).
MOST_WEIGHTS_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class TensorFlowToOnnx:
    """
    tf2onnx, on the serving function alone.

    Attributes:
        opset: tf2onnx 1.17 knows none above 18.
    """

    opset: int = 18

    name: ClassVar[str] = "tensorflow-to-onnx"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.SAVED_MODEL, Form.KERAS})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `model.onnx`.

        Raises:
            UnsupportedModel: An operator has no ONNX counterpart, or the weights are over 2 GiB.
            MissingExtra: TensorFlow, tf2onnx or onnx is not installed.
        """
        try:
            import tensorflow as tf
            import tf2onnx.convert

            from optimizers.load_tensorflow import keras_function, load_keras, load_saved_model
            from optimizers.onnx_cleaning import check_opset, rename_inputs, rename_outputs, save_clean
        except ImportError:
            raise MissingExtra("tensorflow", "converting a TensorFlow model to ONNX") from None
        saved = model.form is Form.SAVED_MODEL
        function = load_saved_model(model.file) if saved else keras_function(load_keras(model.file), model.file)
        _refuse_large(function)
        names = [spec.name for spec in model.signature.inputs]
        outputs = tuple(spec.name for spec in model.signature.outputs)
        given: Mapping[str, Any] = function.structured_input_signature[1]
        specs = [
            tf.TensorSpec(given[name].shape, given[name].dtype, f"serving_input_{place}")
            for place, name in enumerate(names)
        ]

        def ordered(*tensors: Any) -> list[Any]:  # noqa: ANN401 - tensors
            answer = function(**dict(zip(names, tensors, strict=True)))
            return [answer[name] for name in outputs]

        with quiet():
            proto, _ = tf2onnx.convert.from_function(
                tf.function(ordered, input_signature=specs), input_signature=specs, opset=self.opset
            )
        _refuse_left_over(proto)
        check_opset(proto, self.opset)
        rename_inputs(proto, tuple(names))
        rename_outputs(proto, outputs)
        path = folder / ONNX_FILE
        save_clean(proto, path)
        return FormedModel(Form.ONNX, model.signature, path=path)


def _refuse_large(function: Any) -> None:  # noqa: ANN401 - a ConcreteFunction
    size = sum(math.prod(item.shape) * item.dtype.size for item in function.variables)
    if size > MOST_WEIGHTS_BYTES:
        raise UnsupportedModel(
            f"the weights are {size / 2**30:.1f} GiB; TensorFlow hands over at most {MOST_WEIGHTS_BYTES >> 30} GiB; "
            f"convert the model to ONNX yourself and give that"
        )


def _refuse_left_over(proto: Any) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """Refuse TensorFlow's operators: tf2onnx leaves in the graph what it cannot convert."""
    import onnx
    from tf2onnx.handler import tf_op

    left = sorted({node.op_type for node in proto.graph.node if not onnx.defs.has(node.op_type, node.domain)})
    if not left:
        return
    known = sorted({name for handlers in tf_op.get_opsets().values() for handler in handlers for name in handler})
    nearest = difflib.get_close_matches(left[-1], known, n=3)
    raise UnsupportedModel(
        f"tf2onnx has no ONNX counterpart of {', '.join(f'`{name}`' for name in left)}; "
        + (f"nearest to `{left[-1]}` it has {', '.join(nearest)}" if nearest else "compute it outside the model")
    )

"""Convert a TensorFlow model to ONNX."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.onnx_export import ONNX_FILE
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet


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
            UnsupportedModel: An operator has no ONNX counterpart, or the result is over 2 GiB.
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
            try:
                proto, _ = tf2onnx.convert.from_function(
                    tf.function(ordered, input_signature=specs), input_signature=specs, opset=self.opset
                )
            except ValueError as error:
                raise UnsupportedModel(
                    f"tf2onnx cannot convert it ({error}); replace the operator, or export the model to ONNX yourself"
                ) from None
        check_opset(proto, self.opset)
        rename_inputs(proto, tuple(names))
        rename_outputs(proto, outputs)
        path = folder / ONNX_FILE
        save_clean(proto, path)
        return FormedModel(Form.ONNX, model.signature, path=path)

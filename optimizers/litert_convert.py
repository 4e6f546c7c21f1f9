"""Convert a TensorFlow model to LiteRT, which runs on phones and small devices."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.litert_file import write_litert
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.sample_batches import read_batches
from optimizers.vocabulary import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LiteRtConversion:
    """
    TensorFlow's converter; inputs and outputs keep their type.

    Attributes:
        precision: `fp16` stores weights in 16 bits and computes in what the device has; `int8` computes in INT8 throughout, with
            ranges that were seen on the samples, and refuses a model with an operator that has no such kernel.
    """

    precision: Precision = Precision.FP32

    name: ClassVar[str] = "litert"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.SAVED_MODEL, Form.KERAS})
    gives: ClassVar[Form] = Form.LITERT

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `model.tflite`.

        Raises:
            UnsupportedModel: The result names its tensors otherwise than the model does.
            MissingExtra: TensorFlow is not installed.
        """
        try:
            import tensorflow as tf

            from optimizers.load_tensorflow import load_keras
        except ImportError:
            raise MissingExtra("tensorflow", "LiteRT conversion") from None
        lite: Any = tf.lite
        with quiet():
            if model.form is Form.KERAS:
                converter = lite.TFLiteConverter.from_keras_model(load_keras(model.file))
            else:
                converter = lite.TFLiteConverter.from_saved_model(str(model.file))
            if self.precision is not Precision.FP32:
                converter.optimizations = [lite.Optimize.DEFAULT]
            if self.precision is Precision.FP16:
                converter.target_spec.supported_types = [tf.float16]
            if self.precision is Precision.INT8:
                converter.representative_dataset = one_row_at_a_time(read_batches(model.samples_folder))
                # Nothing else: an operator left in floating point would not run on an accelerator for whole numbers.
                converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
            content: bytes = converter.convert()
        return write_litert(content, model, folder)


def one_row_at_a_time(
    batches: "list[dict[str, NDArray[Any]]]",
) -> "Callable[[], Iterator[Mapping[str, NDArray[Any]]]]":
    """
    Return what hands the rows of batches to the converter, which measures ranges on them.

    Raises:
        UnsupportedModel: There are none.
    """
    if not batches:
        raise UnsupportedModel("it has no sample inputs to calibrate on")

    def rows() -> "Iterator[Mapping[str, NDArray[Any]]]":
        for batch in batches:
            for row in range(len(next(iter(batch.values())))):
                yield {name: values[row : row + 1] for name, values in batch.items()}

    return rows

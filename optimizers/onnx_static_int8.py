"""Quantize weights and activations of an ONNX model to INT8, with ranges that were seen on the samples."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.goal import ParityThresholds
from optimizers.hardware import detect
from optimizers.kept_layers import GivesUp, fewest_kept, kept_remark
from optimizers.onnx_export import ONNX_FILE
from optimizers.parity import compare
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.report import Parity
from optimizers.sample_batches import read_batches
from optimizers.vocabulary import Prediction


@dataclass(frozen=True, slots=True)
class OnnxStaticInt8:
    """
    Static INT8 as QDQ: unsigned activations, signed weights with a scale for each output channel.

    ONNX Runtime's kernels for this pair are the fast ones on x86. Layers that hurt most stay in floating point: as few as
    bring the answers on the samples back within parity. Weights have 7 bits where the processor would cut sums off
    (`Hardware.saturates_int8`).

    Attributes:
        prediction: Decides how answers are compared.
        thresholds: Parity to keep.
        gives_up: Whether missing it is an error; where labels decide, the nearest that is still worth it is given.
        symmetric: Signed activations without a zero point, weights quantized on the way, and biases in floating point: what the
            compilers of GPUs fuse. Slower than the default on main processors.
    """

    prediction: Prediction
    thresholds: ParityThresholds
    symmetric: bool = False
    gives_up: GivesUp = True

    name: ClassVar[str] = "onnx-static-int8"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write the quantized `model.onnx`.

        Raises:
            UnsupportedModel: It has nothing to quantize, or even half of it in INT8 is not near enough to the original and `gives_up`.
            MissingExtra: onnxruntime is not installed.
        """
        try:
            from optimizers.onnx_calibrated import CalibratedModel
            from optimizers.onnx_cleaning import save_clean
            from optimizers.onnxruntime_graph import Level, optimize_graph
        except ImportError:
            raise MissingExtra("onnx", "static INT8 quantization") from None
        with quiet(), tempfile.TemporaryDirectory(dir=folder) as work:
            prepared = optimize_graph(model.file, Path(work), Level.BASIC)
            batches = read_batches(model.samples_folder)
            processor = detect()
            calibrated = CalibratedModel(
                prepared,
                batches,
                processor.cpu_cores,
                symmetric=self.symmetric,
                reduce_range=processor.saturates_int8 and not self.symmetric,
            )
            if not calibrated.layers:
                raise UnsupportedModel("it has no layer with weights to quantize")
            expected = calibrated.expected()
            calibrated.quantize()

            def parity(kept: Sequence[str], /, *, hasty: bool) -> Parity:
                answers = calibrated.answers(calibrated.keeping(kept))
                return compare(self.prediction, expected, answers, self.thresholds, batches, hasty=hasty)

            kept = fewest_kept(parity, calibrated.by_damage, gives_up=self.gives_up)
            save_clean(calibrated.keeping(kept), folder / ONNX_FILE, prepared.parent)
        remark = kept_remark(kept, calibrated.layers)
        return FormedModel(Form.ONNX, model.signature, path=folder / ONNX_FILE, remark=remark)

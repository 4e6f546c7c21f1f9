"""Convert an ONNX model to OpenVINO's own format."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet

XML_FILE = "model.xml"
COUNTED_NAME = re.compile(r"[A-Za-z]+_[0-9]+")
PARAMETER = "Parameter"


@dataclass(frozen=True, slots=True)
class OpenVinoConversion:
    """
    OpenVINO's converter; the precision of the arithmetic is a property that the runtime gets when it loads the file.

    Attributes:
        fp16_weights: Store weights in FP16: half the size, the arithmetic keeps its precision.
    """

    fp16_weights: bool = False

    name: ClassVar[str] = "openvino"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.OPENVINO

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """Write `model.xml` and `model.bin`. Raises MissingExtra if OpenVINO is not installed."""
        try:
            import openvino
        except ImportError:
            raise MissingExtra("openvino", "OpenVINO conversion") from None
        xml = folder / XML_FILE
        with quiet():
            converted = openvino.convert_model(model.file)
            for index, spec in enumerate(model.signature.outputs):
                converted.output(index).get_tensor().set_names({spec.name})
            number_names(converted)
            openvino.save_model(converted, xml, compress_to_fp16=self.fp16_weights)
        return FormedModel(Form.OPENVINO, model.signature, path=xml)


def number_names(converted: Any) -> None:  # noqa: ANN401 - an openvino.Model
    """
    Name the nodes that have no name in the ONNX file by their place in the graph.

    OpenVINO counts them over everything that the process has converted, so the bytes would depend on that.
    """
    for place, node in enumerate(converted.get_ordered_ops()):
        kind = node.get_type_name()
        if kind != PARAMETER and COUNTED_NAME.fullmatch(node.get_friendly_name()):
            node.set_friendly_name(f"{kind}_{place}")

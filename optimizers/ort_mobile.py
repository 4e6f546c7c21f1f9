"""Convert an ONNX model to ONNX Runtime's own format, which its builds for phones and small devices read."""

import contextlib
import io
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.errors import MissingExtra
from optimizers.onnx_export import ONNX_FILE
from optimizers.onnx_external_data import with_weights
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet

ORT_FILE = "model.ort"
# The name that ONNX Runtime's own build script documents for `--include_ops_by_config`.
OPERATORS_FILE = "required_operators.config"
ARM = "arm"


@dataclass(frozen=True, slots=True)
class OrtMobile:
    """
    ONNX Runtime's converter, with its optimizations baked in; layouts that only one processor can run are left out.

    `required_operators.config` names the operators and types that a reduced build of ONNX Runtime has to contain.
    """

    name: ClassVar[str] = "ort-mobile"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ORT

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """Write `model.ort` and `required_operators.config`. Raises MissingExtra if onnxruntime is not installed."""
        try:
            from onnxruntime.tools.convert_onnx_models_to_ort import OptimizationStyle, convert_onnx_models_to_ort
        except ImportError:
            raise MissingExtra("onnx", "conversion to the ORT format") from None
        path = folder / ORT_FILE
        with tempfile.TemporaryDirectory(dir=folder) as work:
            # The converter writes beside what it reads, and the file it reads belongs to other candidates too.
            source = Path(work) / ONNX_FILE
            for file in with_weights(model.file):
                shutil.copyfile(file, source.with_name(file.name))
            with quiet(), contextlib.redirect_stdout(io.StringIO()):
                convert_onnx_models_to_ort(
                    source,
                    optimization_styles=[OptimizationStyle.Fixed],
                    target_platform=ARM,
                    enable_type_reduction=True,
                )
            shutil.copyfile(source.with_suffix(".ort"), path)
            (config,) = Path(work).glob("*.config")
            # Its first line names the temporary folder.
            lines = [line for line in config.read_text().splitlines() if not line.startswith("#")]
            (folder / OPERATORS_FILE).write_text("\n".join(lines) + "\n")
        return FormedModel(Form.ORT, model.signature, path=path)

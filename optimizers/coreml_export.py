"""Convert a torch model to Core ML, which Apple's devices run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

from optimizers.coreml_tools import coremltools
from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import BATCH, TensorSpec
from optimizers.vocabulary import Precision

COREML_FOLDER = "model.mlpackage"
# Core ML compiles for a range of sizes and gives memory to the largest: a device answers few rows at once, and 512 is the longest
# input of BERT-like models (Devlin et al., 2018).
LARGEST_BATCH = 32
LARGEST_AXIS = 512
UNTIMED = "computed here operator by operator: how fast it is, an Apple device tells"
# The types of its multi-arrays (FeatureTypes.proto, coremltools 9); whole numbers of 64 bits are handed over as 32.
INPUT_TYPES = {"float16": "float16", "float32": "float32", "int32": "int32", "int64": "int32"}


@dataclass(frozen=True, slots=True)
class CoreMlExport:
    """
    coremltools' converter, by tracing, to the `mlprogram` format of iOS 16 and macOS 13.

    Attributes:
        precision: `fp16` computes in 16 bits, which Apple's Neural Engine does; `int8` computes so too and stores weights in INT8
            with a scale for each output channel; `fp32` keeps 32 bits and never runs on the Neural Engine.
    """

    precision: Precision = Precision.FP16

    name: ClassVar[str] = "coreml"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE, Form.TORCHSCRIPT})
    gives: ClassVar[Form] = Form.COREML

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write the folder `model.mlpackage`.

        Raises:
            UnsupportedModel: An input has a type that Core ML does not know, or a trace would keep a number or a size of one batch.
            MissingExtra: torch or coremltools is not installed.
        """
        try:
            from optimizers.torch_trace import traced
        except ImportError:
            raise MissingExtra("torch", "Core ML conversion") from None
        tools = coremltools("Core ML conversion")
        computed = tools.precision.FLOAT32 if self.precision is Precision.FP32 else tools.precision.FLOAT16
        ranges: dict[str, Any] = {}
        with quiet():
            converted = tools.convert(
                traced(model),
                inputs=[_tensor_type(tools, spec, ranges) for spec in model.signature.inputs],
                outputs=[tools.TensorType(name=spec.name) for spec in model.signature.outputs],
                convert_to="mlprogram",
                minimum_deployment_target=tools.target.iOS16,
                compute_precision=computed,
                skip_model_load=True,
            )
            if self.precision is Precision.INT8:
                optimize: Any = tools.optimize.coreml
                config = optimize.OptimizationConfig(
                    global_config=optimize.OpLinearQuantizerConfig(mode="linear_symmetric")
                )
                converted = optimize.linear_quantize_weights(converted, config)
            path = folder / COREML_FOLDER
            converted.save(str(path))
        _number_items(path / "Manifest.json")
        return FormedModel(Form.COREML, model.signature, path=path, remark=UNTIMED)


def _tensor_type(tools: Any, spec: TensorSpec, ranges: dict[str, Any]) -> Any:  # noqa: ANN401 - of coremltools
    import numpy as np

    if spec.dtype not in INPUT_TYPES:
        raise UnsupportedModel(f"Core ML takes {', '.join(INPUT_TYPES)}, and `{spec.name}` is {spec.dtype}")
    for axis in spec.shape:
        if isinstance(axis, str) and axis not in ranges:
            largest = LARGEST_BATCH if axis == BATCH else LARGEST_AXIS
            ranges[axis] = tools.RangeDim(1, largest, default=1)
    shape = tuple(ranges[axis] if isinstance(axis, str) else axis for axis in spec.shape)
    return tools.TensorType(name=spec.name, shape=shape, dtype=np.dtype(INPUT_TYPES[spec.dtype]).type)


def _number_items(manifest: Path) -> None:
    """Name the package's items by their paths: coremltools names them at random, so no two builds would be alike."""
    content = json.loads(manifest.read_text())
    items: Mapping[str, Any] = content["itemInfoEntries"]
    names = {name: str(uuid5(NAMESPACE_URL, item["path"])) for name, item in items.items()}
    content["itemInfoEntries"] = {
        names[name]: item for name, item in sorted(items.items(), key=lambda it: it[1]["path"])
    }
    content["rootModelIdentifier"] = names[content["rootModelIdentifier"]]
    manifest.write_text(json.dumps(content, indent=4))

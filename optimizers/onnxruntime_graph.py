"""Have ONNX Runtime optimize a graph and write it. Imports onnxruntime."""

from enum import Enum
from pathlib import Path

import onnxruntime

from optimizers.onnxruntime_session import ERRORS_ONLY, PROVIDER

OPTIMIZED, WEIGHTS = "optimized.onnx", "optimized.onnx.data"


class Level(Enum):
    """How far graphs are changed."""

    BASIC = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    EXTENDED = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED


def optimize_graph(model: Path, folder: Path, level: Level) -> Path:
    """
    Write the optimized graph and a file with its weights into `folder`, and return the graph's path.

    The entries are those of `onnxruntime_session_options_config_keys.h`. Weights go from file to file: in the graph they
    would be there twice, and laid out for the processor a third time.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level.value
    options.optimized_model_filepath = str(folder / OPTIMIZED)
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", WEIGHTS)
    options.add_session_config_entry("session.disable_prepacking", "1")
    onnxruntime.InferenceSession(str(model), options, providers=[PROVIDER])
    return folder / OPTIMIZED

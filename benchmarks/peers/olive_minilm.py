"""
Optimize a sentence embedding model with Microsoft Olive. Runs in the environment of the peers.

Arguments: the model's folder, the folder that receives the candidates.

The passes are those that `olive optimize --exporter dynamo_exporter` plans for a CPU, with dynamic INT8 in the place of
static INT8: Olive calibrates on a data set that it downloads.
"""

import sys
from pathlib import Path

from olive import run

EXPORTED = {
    "conversion": {"type": "OnnxConversion", "use_dynamo_exporter": True},
    "peephole": {"type": "OnnxPeepholeOptimizer"},
    "fusion": {"type": "OrtTransformersOptimization", "model_type": "bert"},
}
CANDIDATES = {
    "fp32": EXPORTED,
    "int8": {**EXPORTED, "quantization": {"type": "OnnxDynamicQuantization"}},
}


def main(model: Path, out: Path) -> None:
    """Write the exported and fused model, and the same with dynamic INT8."""
    for name, passes in CANDIDATES.items():
        run(
            {
                "input_model": {
                    "type": "HfModel",
                    "model_path": str(model),
                    "load_kwargs": {"attn_implementation": "eager"},
                    "task": "feature-extraction",
                },
                "passes": passes,
                "systems": {
                    "local": {
                        "type": "LocalSystem",
                        "accelerators": [{"device": "cpu", "execution_providers": ["CPUExecutionProvider"]}],
                    }
                },
                "target": "local",
                "no_artifacts": True,
                "cache_dir": str(out / "cache"),
                "output_dir": str(out / name),
                "log_severity_level": 3,
            }
        )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

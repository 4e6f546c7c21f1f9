"""
Optimize a sentence embedding model with optimum-intel. Runs in the environment of the peers.

Arguments: the model's folder, a file with one text a line to calibrate on, the folder that receives the candidates.
"""

import sys
from pathlib import Path

from datasets import Dataset
from optimum.intel import (
    OVConfig,
    OVModelForFeatureExtraction,
    OVQuantizationConfig,
    OVQuantizer,
    OVWeightQuantizationConfig,
)
from transformers import AutoTokenizer


def main(model: Path, texts: Path, out: Path) -> None:
    """Write the exported model, one with 8-bit weights, and one with 8-bit weights and activations."""
    exported = out / "fp32"
    OVModelForFeatureExtraction.from_pretrained(model, export=True, compile=False).save_pretrained(exported)
    OVModelForFeatureExtraction.from_pretrained(
        exported, compile=False, quantization_config=OVWeightQuantizationConfig(bits=8)
    ).save_pretrained(out / "int8-weights")
    tokenizer = AutoTokenizer.from_pretrained(model)
    rows = [dict(tokenizer(line)) for line in texts.read_text(encoding="utf-8").splitlines()]
    quantizer = OVQuantizer.from_pretrained(OVModelForFeatureExtraction.from_pretrained(exported, compile=False))
    quantizer.quantize(
        calibration_dataset=Dataset.from_list(rows),
        save_directory=out / "int8",
        ov_config=OVConfig(quantization_config=OVQuantizationConfig(bits=8, num_samples=len(rows))),
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

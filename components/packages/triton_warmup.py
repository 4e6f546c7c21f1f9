"""Warm-up of a model in Triton with a row that it has answered: zeros might be a row that it cannot."""

from pathlib import Path
from typing import Any

from components.embedded.server_config import WARM_UP_CALLS
from components.packages.served import ServedArtifact
from optimizers.reference import read_reference
from optimizers.rows import RowEncoder

# Where Triton looks for the files that `model_warmup` names.
WARMUP_FOLDER = "warmup"


def write_warmup(served: ServedArtifact, config: Any, folder: Path) -> None:  # noqa: ANN401 - a protobuf message
    """
    Add a warm-up to the config and write its data, the first reference row, as one raw file an input.

    Raises:
        ArtifactError: The reference rows are not readable.
    """
    reference = read_reference(served.folder)
    arrays = RowEncoder(served.manifest, served.folder).encode(reference.inputs[:1])
    warmup = config.model_warmup.add(name="reference-row", batch_size=1, count=WARM_UP_CALLS)
    (folder / WARMUP_FOLDER).mkdir(parents=True)
    for number, (tensor, array) in enumerate(zip(config.input, arrays.values(), strict=True)):
        # Named by number: an input's own name may hold what no file name can.
        file = f"input-{number}"
        (folder / WARMUP_FOLDER / file).write_bytes(array.tobytes())
        warmup.inputs[tensor.name].data_type = tensor.data_type
        warmup.inputs[tensor.name].dims.extend(array.shape[1:] or (1,) if config.max_batch_size else array.shape)
        warmup.inputs[tensor.name].input_data_file = file

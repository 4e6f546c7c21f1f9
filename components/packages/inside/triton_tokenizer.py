"""A model of Triton's Python backend: texts to the inputs of the model that follows it in the ensemble."""

import json
import sys
from pathlib import Path
from typing import Any

import triton_python_backend_utils as pb_utils  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER / "model_serving.zip"))

from optimizers.errors import InvalidRow  # noqa: E402 - it lies in the zip
from optimizers.rows import RowEncoder  # noqa: E402
from optimizers.session import read_manifest  # noqa: E402


class TritonPythonModel:
    """Tokenizes as the endpoint of model-serving does, by the same code."""

    def initialize(self, args: dict[str, str]) -> None:
        """Read the tokenizer; `args["model_config"]` is the model's own configuration as JSON."""
        self._input: str = json.loads(args["model_config"])["input"][0]["name"]
        self._encoder = RowEncoder(read_manifest(FOLDER), FOLDER)

    def execute(self, requests: list[Any]) -> list[Any]:
        """
        Return one response a request.

        All are padded to the longest text of the call, so that Triton can join them in one batch of the model.
        """
        encoded = [self._encoded(request) for request in requests]
        rows = [row for rows in encoded if isinstance(rows, list) for row in rows]
        batch = self._encoder.stack(rows) if rows else {}
        responses, start = list[Any](), 0
        for item in encoded:
            if isinstance(item, str):
                responses.append(pb_utils.InferenceResponse(error=pb_utils.TritonError(item)))
                continue
            end = start + len(item)
            tensors = [pb_utils.Tensor(name, values[start:end]) for name, values in batch.items()]
            responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
            start = end
        return responses

    def _encoded(self, request: Any) -> list[dict[str, Any]] | str:  # noqa: ANN401 - Triton's type
        """Return the rows of one request, or what is wrong with it."""
        texts = pb_utils.get_input_tensor_by_name(request, self._input).as_numpy().reshape(-1)
        try:
            return [self._encoder.encode_row(index, text.decode("utf-8")) for index, text in enumerate(texts)]
        except UnicodeDecodeError:
            return "a text is not UTF-8"
        except InvalidRow as error:
            return str(error.issue)

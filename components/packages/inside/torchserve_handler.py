"""Answers `POST /predictions/NAME` with `{"inputs": [row, …]}` as the endpoint of model-serving does: one answer a row."""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "model_serving.zip"))

from components.embedded.server.model import NOT_FINITE, EncodedRow, ServedModel
from components.embedded.server_config import WARM_UP_CALLS
from optimizers.errors import InvalidRow

WRONG, FAILED = 400, 500


class ArtifactHandler:
    """One worker's model; the rows of all requests of a batch are one call."""

    def initialize(self, context: Any) -> None:  # noqa: ANN401 - TorchServe's context has no types
        """Load the artifact and warm it up."""
        settings = context.model_yaml_config["handler"]
        folder = Path(context.system_properties["model_dir"]) / "artifact"
        self._largest = int(settings["max_batch_size"])
        self._model = ServedModel(folder, int(settings["threads"]), self._largest)
        self._model.warm_up(WARM_UP_CALLS)

    def handle(self, data: list[dict[str, Any]], context: Any) -> list[Any]:  # noqa: ANN401 - as above
        """Return one answer for each request; a wrong request gets its own error and fails no other."""
        requests = [self._encoded(request) for request in data]
        rows = [row for request in requests if isinstance(request, list) for row in request]
        answers = iter(self._answers(rows))
        results = list[Any]()
        for index, request in enumerate(requests):
            taken = [] if isinstance(request, str) else [next(answers) for _ in request]
            if isinstance(request, str):
                context.set_response_status(code=WRONG, idx=index)
                results.append({"error": request})
            elif any(answer is NOT_FINITE for answer in taken):
                context.set_response_status(code=FAILED, idx=index)
                results.append({"error": "an answer of the model holds NaN or infinity; send another row"})
            else:
                results.append(taken)
        return results

    def _encoded(self, request: dict[str, Any]) -> list[EncodedRow] | str:
        """Return the rows of one request, or what is wrong with it."""
        body = request.get("body") or request.get("data")
        if isinstance(body, bytes | bytearray):
            try:
                body = json.loads(body)
            except ValueError:
                return "the body is not JSON; send a document with the rows as `inputs`"
        rows = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not rows:
            return "the body has no rows; send a document with a list of rows as `inputs`"
        try:
            return [self._model.encode(index, row) for index, row in enumerate(rows)]
        except InvalidRow as error:
            return str(error.issue)

    def _answers(self, rows: list[EncodedRow]) -> list[Any]:
        """Answer the rows in calls of at most the largest batch: a request may hold more rows than one."""
        calls = (rows[start : start + self._largest] for start in range(0, len(rows), self._largest))
        return [answer for call in calls for answer in self._model.answer(call)]

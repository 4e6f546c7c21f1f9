"""Serves the artifact of this folder by the V2 inference protocol; start it with `mlserver start FOLDER`."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import numpy as np
from mlserver import MLModel  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
from mlserver.codecs import NumpyCodec, StringCodec  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
from mlserver.errors import InferenceError  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
from mlserver.types import InferenceResponse  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
from mlserver.utils import get_model_uri  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

OWN_CODE = str(Path(__file__).resolve().parent / "model_serving.zip")
if OWN_CODE not in sys.path:
    sys.path.insert(0, OWN_CODE)

from optimizers.errors import InvalidRow  # noqa: E402 - it lies in the zip
from optimizers.rows import RowEncoder  # noqa: E402
from optimizers.session import open_session, read_manifest  # noqa: E402


class ArtifactRuntime(MLModel):  # type: ignore[misc]
    """The artifact: tensors by their names, or texts where it has a tokenizer."""

    async def load(self) -> bool:
        """Load the artifact."""
        folder = Path(await get_model_uri(self._settings))
        extra: dict[str, Any] = self._settings.parameters.extra
        manifest = read_manifest(folder)
        self._text_input: str | None = extra["text_input"] if manifest.tokenizer else None
        self._names = [spec.name for spec in manifest.signature.inputs]
        self._encoder = RowEncoder(manifest, folder)
        self._session = open_session(folder, int(extra["threads"]), int(extra["streams"]))
        self._calls = asyncio.Semaphore(int(extra["concurrent_calls"]))
        return True

    async def predict(self, payload: Any) -> Any:  # noqa: ANN401 - MLServer's types
        """Answer one request, or several that MLServer joined."""
        rows = self._rows({item.name: item for item in payload.inputs})
        async with self._calls:
            outputs = await asyncio.to_thread(self._answer, rows)
        return InferenceResponse(
            id=payload.id,
            model_name=self.name,
            model_version=self.version,
            outputs=[NumpyCodec.encode_output(name, value) for name, value in outputs.items()],
        )

    def _answer(self, rows: list[Any]) -> dict[str, Any]:
        """Compute the outputs, in a thread of their own."""
        try:
            inputs = self._encoder.encode(rows)
        except InvalidRow as error:
            raise InferenceError(str(error.issue)) from None
        outputs = self._session.run(inputs)
        if not all(np.isfinite(value).all() for value in outputs.values()):
            # JSON has no word for it.
            raise InferenceError("the model's answer holds NaN or infinity; send other rows")
        return outputs

    def _rows(self, inputs: dict[str, Any]) -> list[Any]:
        """Return the rows of a request: texts, or an object with one value for each input."""
        wanted = [self._text_input] if self._text_input else self._names
        if sorted(inputs) != sorted(wanted):
            got, names = ", ".join(sorted(inputs)), ", ".join(wanted)
            raise InferenceError(f"got the inputs {got}; this model takes {names}")
        if self._text_input:
            try:
                texts: list[Any] = StringCodec.decode_input(inputs[self._text_input])
            except UnicodeDecodeError:
                raise InferenceError("a text is not UTF-8") from None
            return texts
        columns = {name: NumpyCodec.decode_input(inputs[name]).tolist() for name in wanted}
        if len({len(column) for column in columns.values()}) > 1:
            raise InferenceError("the inputs differ in their first axis, the batch")
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

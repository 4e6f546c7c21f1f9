"""The original model as its own process shows it: what it is, what it answers, and how fast."""

import contextlib
import selectors
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

from pydantic import BaseModel

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original_job import (
    AskOriginal,
    Failure,
    FailureKind,
    LoadOriginal,
    OriginalAnswer,
    OriginalFacts,
)
from optimizers.sample_batches import read_batch, write_batch
from optimizers.worker_process import crash, end_worker, start_worker

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODULE = "optimizers.original_worker"
# Longer than loading or answering ever took; a framework that takes longer hangs.
TIMEOUT_S = 1800.0


class OriginalProcess:
    """
    The original model, loaded by a process of its own; a context manager that ends it.

    Args:
        source: Where the model lies.
        threads: Threads that compute one call.
        folder: Receives batches and answers; made where it is missing, and left to the caller.
        timeout_s: For each answer.

    Raises:
        UnsupportedModel: As `load_original`; also where loading crashes, takes too long or all memory.
        MissingExtra: The framework is not installed.
    """

    def __init__(self, source: ModelSource, threads: int, folder: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._location, self._folder, self._timeout_s = source.location, folder, timeout_s
        self._files: list[tuple[Mapping[str, Any], Path]] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._process = start_worker(MODULE, folder, is_heard=True)
        try:
            facts = self._ask(LoadOriginal(source=source, threads=threads)).facts
        except BaseException:
            self.close()
            raise
        self.facts: OriginalFacts = cast("OriginalFacts", facts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int:
        """Of the process that holds the model."""
        return self._process.pid

    def close(self) -> None:
        """End the process; may be repeated."""
        end_worker(self._process)

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch, which is not kept: labelled data may be larger than memory."""
        question, outputs = self._folder / "question.npz", self._folder / "answer.npz"
        write_batch(question, inputs)
        self._ask(AskOriginal(inputs=question, outputs=outputs))
        return read_batch(outputs)

    def turn(self, inputs: Mapping[str, "NDArray[Any]"], calls: int, concurrency: int) -> tuple[list[float], float]:
        """Return the latencies in ms of calls that are timed where the model is, and the seconds from first to last."""
        taken = self._ask(AskOriginal(inputs=self._file(inputs), calls=calls, concurrency=concurrency)).turn
        if taken is None:
            raise RuntimeError("the original answered a turn without its times")
        return taken.latencies_ms, taken.wall_s

    def _file(self, inputs: Mapping[str, "NDArray[Any]"]) -> Path:
        """Write each measured batch once, however often it is used."""
        for known, path in self._files:
            if known is inputs:
                return path
        path = self._folder / f"batch-{len(self._files):06d}.npz"
        write_batch(path, inputs)
        self._files.append((inputs, path))
        return path

    def _ask(self, question: BaseModel) -> OriginalAnswer:
        with contextlib.suppress(BrokenPipeError):
            to = cast("IO[bytes]", self._process.stdin)
            to.write(f"{question.model_dump_json()}\n".encode())
            to.flush()
        answers = cast("IO[bytes]", self._process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(answers, selectors.EVENT_READ)
            if not selector.select(self._timeout_s):
                raise UnsupportedModel(f"{self._location}: the original did not answer within {self._timeout_s:g} s")
        line = answers.readline()
        if not line:
            code = self._process.wait()
            raise UnsupportedModel(f"{self._location}: the original {crash(code)}")
        answer = OriginalAnswer.model_validate_json(line)
        if answer.failure is not None:
            raise _error(answer.failure)
        return answer


def _error(failure: Failure) -> Exception:
    if failure.kind is FailureKind.MISSING:
        return MissingExtra(failure.extra, failure.text)
    return UnsupportedModel(failure.text) if failure.kind is FailureKind.UNSUPPORTED else RuntimeError(failure.text)

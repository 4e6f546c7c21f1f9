"""A model in a process of its own: what it answers, how fast, and what it takes of memory."""

import contextlib
import selectors
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

import psutil
from pydantic import BaseModel

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.model_job import AskModel, Failure, FailureKind, ModelAnswer
from optimizers.sample_batches import read_batch, write_batch
from optimizers.worker_process import crash, end_worker, start_worker

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Longer than loading or answering ever took; a library that takes longer hangs.
TIMEOUT_S = 1800.0


class ModelProcess:
    """
    A loaded model as its own process shows it; a context manager that ends it.

    Args:
        module: What the process runs.
        load: The first line that it is told.
        name: Of the model, for messages.
        folder: Receives batches and answers; made where it is missing, and left to the caller.
        timeout_s: For each answer.
        waits: Whether the model is loaded when this returns; else it is once something is asked.

    Raises:
        UnsupportedModel: The model cannot be loaded; also where loading crashes, takes too long or all memory.
        MissingExtra: Its library is not installed.
    """

    def __init__(  # noqa: PLR0913 - what a process is started with
        self,
        module: str,
        load: BaseModel,
        name: str,
        folder: Path,
        timeout_s: float = TIMEOUT_S,
        *,
        waits: bool = True,
    ) -> None:
        self._name, self._folder, self._timeout_s = name, folder, timeout_s
        self._files: list[tuple[Mapping[str, Any], Path]] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._process = start_worker(module, folder, is_heard=True)
        try:
            self._tell(load)
            if waits:
                self.wait()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def _loaded(self) -> ModelAnswer:
        return self._heard()

    def wait(self) -> None:
        """Return once the model is loaded. Raises UnsupportedModel and MissingExtra as the constructor does."""
        _ = self._loaded

    @property
    def process_id(self) -> int:
        """Of the process that holds the model."""
        return self._process.pid

    @property
    def memory_bytes(self) -> int:
        """What the process has of memory and shares with no other one."""
        return own_memory_bytes(self._process.pid)

    def close(self) -> None:
        """End the process; may be repeated."""
        end_worker(self._process)

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch, which is not kept: labelled data may be larger than memory."""
        question, outputs = self._folder / "question.npz", self._folder / "answer.npz"
        write_batch(question, inputs)
        self._ask(AskModel(inputs=question, outputs=outputs))
        return read_batch(outputs)

    def turn(self, inputs: Mapping[str, "NDArray[Any]"], calls: int, concurrency: int) -> tuple[list[float], float]:
        """Return the latencies in ms of calls that are timed where the model is, and the seconds from first to last."""
        taken = self._ask(AskModel(inputs=self._file(inputs), calls=calls, concurrency=concurrency)).turn
        if taken is None:
            raise RuntimeError(f"{self._name} answered a turn without its times")
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

    def _ask(self, question: BaseModel) -> ModelAnswer:
        self.wait()
        self._tell(question)
        return self._heard()

    def _tell(self, question: BaseModel) -> None:
        with contextlib.suppress(BrokenPipeError):
            to = cast("IO[bytes]", self._process.stdin)
            to.write(f"{question.model_dump_json()}\n".encode())
            to.flush()

    def _heard(self) -> ModelAnswer:
        answers = cast("IO[bytes]", self._process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(answers, selectors.EVENT_READ)
            if not selector.select(self._timeout_s):
                raise UnsupportedModel(f"{self._name} did not answer within {self._timeout_s:g} s")
        line = answers.readline()
        if not line:
            raise UnsupportedModel(f"{self._name} {crash(self._process.wait())}")
        answer = ModelAnswer.model_validate_json(line)
        if answer.failure is not None:
            raise _error(answer.failure)
        return answer


def own_memory_bytes(process_id: int | None = None) -> int:
    """Return what a process, this one by default, has of memory and shares with no other one."""
    return int(psutil.Process(process_id).memory_full_info().uss)


def _error(failure: Failure) -> Exception:
    if failure.kind is FailureKind.MISSING:
        return MissingExtra(failure.extra, failure.text)
    return UnsupportedModel(failure.text) if failure.kind is FailureKind.UNSUPPORTED else RuntimeError(failure.text)

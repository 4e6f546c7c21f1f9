"""A built artifact in a process of its own: what it takes of time to load and of memory is measured where nothing else is."""

from pathlib import Path
from typing import cast

from optimizers.configuration import Configuration
from optimizers.model_job import LoadCandidate, LoadedCandidate
from optimizers.model_process import TIMEOUT_S, ModelProcess

MODULE = "optimizers.candidate_worker"


class CandidateProcess(ModelProcess):
    """
    An artifact, loaded by a process of its own; a context manager that ends it.

    A runtime that crashes on an artifact takes that process along and nothing else.

    Args:
        artifact: Its folder.
        configuration: Threads and streams.
        folder: Receives batches and answers; made where it is missing, and left to the caller.
        timeout_s: For each answer.
        waits: As `ModelProcess.waits`.

    Raises:
        UnsupportedModel: The runtime cannot load it; also where it crashes, takes too long or all memory.
        MissingExtra: The runtime is not installed.
    """

    def __init__(
        self,
        artifact: Path,
        configuration: Configuration,
        folder: Path,
        timeout_s: float = TIMEOUT_S,
        *,
        waits: bool = True,
    ) -> None:
        load = LoadCandidate(folder=artifact, threads=configuration.threads, streams=configuration.streams)
        super().__init__(MODULE, load, "the runtime", folder, timeout_s, waits=waits)

    @property
    def _before(self) -> LoadedCandidate:
        return cast("LoadedCandidate", self._loaded.loaded)

    @property
    def load_time_s(self) -> float:
        """How long loading took, the runtime's own start included."""
        return self._before.load_time_s

    @property
    def model_memory_bytes(self) -> int:
        """What the model and its runtime take: the memory of the process beyond what it had before it loaded them."""
        return max(0, self.memory_bytes - self._before.memory_bytes)

"""The original model in a process of its own."""

from pathlib import Path
from typing import cast

from optimizers.model_process import TIMEOUT_S, ModelProcess
from optimizers.model_source import ModelSource
from optimizers.original_job import LoadOriginal, OriginalFacts

MODULE = "optimizers.original_worker"


class OriginalProcess(ModelProcess):
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
        load = LoadOriginal(source=source, threads=threads)
        super().__init__(MODULE, load, f"{source.location}: the original", folder, timeout_s)
        self.facts: OriginalFacts = cast("OriginalFacts", self._loaded.facts)

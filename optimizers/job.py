"""What one `optimize` was asked for, and what it works with."""

from dataclasses import dataclass
from pathlib import Path

from optimizers.benchmark import BenchmarkConfig
from optimizers.build_request import BuildRequest, build_request
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.model_source import ModelSource
from optimizers.original_process import OriginalProcess
from optimizers.progress import Progress
from optimizers.recipe import Recipe
from optimizers.report import ORIGINAL
from optimizers.source_facts import SourceFacts
from optimizers.store import ArtifactStore
from optimizers.time_budget import TimeBudget


@dataclass(frozen=True, slots=True)
class Job:
    """The arguments of `optimize`, with what follows from them alone."""

    source: ModelSource
    goal: Goal
    hardware: Hardware
    store: ArtifactStore
    progress: Progress
    benchmark: BenchmarkConfig
    facts: SourceFacts
    recipe: Recipe
    force: bool
    time_budget: TimeBudget

    @property
    def request(self) -> BuildRequest:
        """What the lock says that the build was asked for."""
        return build_request(self.source, self.goal)

    @property
    def threads(self) -> int:
        """Threads that the original computes with, and every candidate where it is compared."""
        return self.goal.threads_on(self.hardware)

    def original(self, work: Path) -> OriginalProcess:
        """Start a process that holds the original."""
        return OriginalProcess(self.source, self.threads, work / ORIGINAL)

"""What takes part in a search, and where it dropped out."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizers.configuration import Configuration
from optimizers.goal import Goal
from optimizers.halving import Arm
from optimizers.vocabulary import Objective, Runtime

ONE_ROW = 1
# What each runtime heeds of a configuration. LiteRT answers one call at a time, and what computes on a GPU takes no threads.
HEEDS_THREADS = frozenset({Runtime.ONNXRUNTIME, Runtime.OPENVINO, Runtime.PYTORCH, Runtime.LITERT})
HEEDS_STREAMS = HEEDS_THREADS - {Runtime.LITERT}
# What is computed here in the place of its own runtime: right or wrong shows, and how fast it is does not.
UNTIMED = frozenset({Runtime.COREML})


@dataclass(frozen=True, slots=True)
class Contender:
    """
    A candidate that answers like the original.

    Attributes:
        artifact_sha256: Of its artifact.
        memory_bytes: What a session of it takes.
        row_ms: What a call of one row took when it was compared.
    """

    name: str
    runtime: Runtime
    artifact_sha256: str
    size_bytes: int
    memory_bytes: int
    row_ms: float

    def memory_with(self, configuration: Configuration) -> int:
        """Return what a session in this configuration takes: ONNX Runtime has a copy for each stream of several threads."""
        copies = configuration.streams if self.runtime is Runtime.ONNXRUNTIME and configuration.threads > 1 else 1
        return copies * self.memory_bytes


@dataclass(frozen=True, slots=True)
class Loss:
    """
    Where an arm dropped out.

    Attributes:
        round_number: From 1.
        shown: The figure that it lost with, in words.
        best: The candidate that was best in that round.
        best_shown: The best one's figure.
    """

    round_number: int
    shown: str
    best: str
    best_shown: str


def arms_of(
    contenders: Sequence[Contender], configurations: Sequence[Configuration], goal: Goal, sizes: Sequence[int]
) -> list[Arm]:
    """
    Return what is searched: each candidate in each configuration that differs to its runtime, and for the cheapest each batch size.

    Args:
        contenders: The candidates.
        configurations: How sessions are opened, the one with the most threads first.
        goal: Decides whether batch sizes are searched, and which of them can stay within its SLA.
        sizes: Rows in each call; one row always takes part.
    """
    searched = sorted({ONE_ROW, *sizes}) if goal.objective is Objective.CHEAPEST else [ONE_ROW]
    return [
        Arm(item.name, configuration.threads, configuration.streams, size)
        for item in contenders
        for configuration in dict.fromkeys(_heeded(item.runtime, one, configurations[0]) for one in configurations)
        for size in searched
        if size == ONE_ROW or size * item.row_ms <= goal.latency_sla_ms
    ]


def _heeded(runtime: Runtime, asked: Configuration, default: Configuration) -> Configuration:
    """Return what a runtime makes of a configuration."""
    return Configuration(
        threads=asked.threads if runtime in HEEDS_THREADS else default.threads,
        streams=asked.streams if runtime in HEEDS_STREAMS else 1,
    )

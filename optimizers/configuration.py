"""How a runtime uses the cores: threads for each call, and calls that it computes at once."""

from pydantic import BaseModel, ConfigDict, Field


class Configuration(BaseModel):
    """
    What a session is opened with.

    Attributes:
        threads: Threads that compute one call.
        streams: Calls that are computed at once, each with threads of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    threads: int = Field(gt=0)
    streams: int = Field(default=1, gt=0)

    @property
    def cores(self) -> int:
        """Cores that it keeps busy."""
        return self.threads * self.streams


def configurations(cores: int, threads: int | None) -> tuple[Configuration, ...]:
    """
    Return every configuration that is worth measuring, the one with the most threads for a call first.

    Threads are all cores and the powers of two below; each configuration has as many streams as the cores allow, since a
    stream that nobody uses costs a lone call nothing. Threads that the spec fixes fix the cores, too: one stream.

    Args:
        cores: Of the machine.
        threads: For each call, where the spec fixes them.
    """
    if threads is not None:
        return (Configuration(threads=threads),)
    counts = {cores, *(2**step for step in range(cores.bit_length()))}
    return tuple(Configuration(threads=count, streams=cores // count) for count in sorted(counts, reverse=True))


def shown_configuration(threads: int, streams: int) -> str:
    """Return what calls compute with, in words."""
    each = "1 thread" if threads == 1 else f"{threads} threads"
    return each if streams == 1 else f"{each} for each of {streams} calls at once"


def shown_cores(count: int) -> str:
    """Return a number of cores, in words."""
    return "1 core" if count == 1 else f"{count} cores"

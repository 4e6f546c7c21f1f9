"""One way to build an artifact."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from optimizers.pass_job import PassSpec
from optimizers.passes import Pass
from optimizers.vocabulary import Precision, Runtime


@dataclass(frozen=True, slots=True)
class CandidateRecipe:
    """
    One way to build an artifact.

    Attributes:
        passes: Run in order, each on what the one before gave.
        runtime_options: Handed to the runtime when it loads the artifact.
        refused: Why it is not even built here; None if it is.
    """

    name: str
    runtime: Runtime
    precision: Precision
    passes: tuple[Pass, ...]
    runtime_options: Mapping[str, str] = field(default_factory=dict[str, str])
    refused: str | None = None

    def described(self) -> dict[str, object]:
        """Return what decides the bytes of the artifact, as plain values."""
        return {
            "name": self.name,
            "passes": [{"pass": item.name, **PassSpec.of(item).options} for item in self.passes],
            "runtime_options": dict(self.runtime_options),
        }

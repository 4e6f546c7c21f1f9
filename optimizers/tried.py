"""A candidate after it was built and compared with the original, or after either failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizers.accuracy import Accuracy
from optimizers.artifact import Artifact
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.contender import UNTIMED, Contender
from optimizers.errors import MissingExtra
from optimizers.report import Parity, is_right


@dataclass(frozen=True, slots=True)
class Tried:
    """
    What came of a candidate.

    Attributes:
        artifact: None where it could not be built, or was not used.
        memory_bytes: What a fresh process took for the model and its runtime.
        row_ms: What a call of one row took there.
        remark: What its last pass decided, in words.
        failure: Why it is not measured; empty where it is.
        missing: The library that it lacks, where that is why.
    """

    recipe: CandidateRecipe
    artifact: Artifact | None = None
    parity: Parity | None = None
    accuracy: Accuracy | None = None
    load_time_s: float | None = None
    memory_bytes: int | None = None
    row_ms: float = 0.0
    remark: str = ""
    failure: str = ""
    missing: MissingExtra | None = None

    @property
    def is_right(self) -> bool:
        """Whether it may be measured and served."""
        return is_right(self.parity, self.accuracy)

    @property
    def contender(self) -> Contender | None:
        """What takes part in the search; None where it does not answer like the original."""
        if self.failure or self.artifact is None or not self.is_right or self.recipe.runtime in UNTIMED:
            return None
        return Contender(
            name=self.recipe.name,
            runtime=self.recipe.runtime,
            artifact_sha256=self.artifact.sha256,
            size_bytes=self.artifact.size_bytes,
            memory_bytes=self.memory_bytes or 0,
            row_ms=self.row_ms,
        )


def missing_for_all(tried: Sequence[Tried]) -> MissingExtra | None:
    """Return the first library that is missing where no candidate is right, so that installing it may help; else None."""
    if any(item.is_right for item in tried):
        return None
    return next((item.missing for item in tried if item.missing), None)

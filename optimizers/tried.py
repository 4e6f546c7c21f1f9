"""A candidate after it was built and compared with the original, or after either failed."""

from dataclasses import dataclass

from optimizers.accuracy import Accuracy
from optimizers.artifact import Artifact
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.contender import UNTIMED, Contender
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

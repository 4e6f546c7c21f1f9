"""A library that one candidate lacks is that candidate's failure, unless it leaves none."""

from optimizers.candidate_recipe import CandidateRecipe
from optimizers.errors import MissingExtra
from optimizers.report import Parity
from optimizers.tried import Tried, missing_for_all
from optimizers.vocabulary import Precision, Runtime

RECIPE = CandidateRecipe("onnx", Runtime.ONNXRUNTIME, Precision.FP32, ())
MISSING = MissingExtra("prune", "pruning")
LACKING = Tried(RECIPE, failure=f"not built: {MISSING}", missing=MISSING)


def compared(cosine: float) -> Tried:
    return Tried(RECIPE, parity=Parity(metric="cosine", value=cosine, threshold=0.9, samples=1, passed=cosine >= 0.9))


def test_a_missing_library_is_the_error_where_no_candidate_is_right() -> None:
    assert missing_for_all([LACKING]) is MISSING
    assert missing_for_all([compared(0.5), LACKING]) is MISSING


def test_it_is_none_where_one_is_right_or_nothing_is_missing() -> None:
    assert missing_for_all([LACKING, compared(1.0)]) is None
    assert missing_for_all([compared(0.5)]) is None

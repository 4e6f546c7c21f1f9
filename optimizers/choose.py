"""Choose the fastest candidate that answers like the original, and say why not the others."""

from collections.abc import Sequence

from optimizers.errors import ParityError
from optimizers.report import ORIGINAL, CandidateReport, Parity
from optimizers.vocabulary import Runtime

# What is computed here in the place of its own runtime: right or wrong shows, and how fast it is does not.
UNTIMED = frozenset({Runtime.COREML})


def choose(candidates: Sequence[CandidateReport]) -> tuple[str, tuple[CandidateReport, ...]]:
    """
    Return the name of the chosen candidate, and every report with its verdict.

    The lowest median latency for one row wins. A candidate without parity was not built: its verdict stays.

    Raises:
        ParityError: No candidate is right: on labelled data where there are some, else by its nearness to the original.
    """
    original = next(candidate for candidate in candidates if candidate.name == ORIGINAL)
    servable = [item for item in candidates if item.is_right and item.measurements and item.runtime not in UNTIMED]
    if not servable:
        reasons = "; ".join(f"{item.name}: {_refusal(item)}" for item in candidates if item.name != ORIGINAL)
        fix = "relax `optimization.parity` or give other samples"
        if any(item.accuracy for item in candidates):
            fix = "relax `optimization.accuracy` or give other evaluation data"
        raise ParityError(f"no candidate answers like the original ({reasons}); {fix}")
    best = min(servable, key=_p50_ms)
    return best.name, tuple(item.model_copy(update={"verdict": _told(item, best, original)}) for item in candidates)


def _told(item: CandidateReport, best: CandidateReport, original: CandidateReport) -> str:
    verdict = _verdict(item, best, original)
    return f"{verdict}; {item.remark}" if item.remark else verdict


def _verdict(item: CandidateReport, best: CandidateReport, original: CandidateReport) -> str:
    if item.name == ORIGINAL:
        return f"the reference: p50 {_p50_ms(item):.2f} ms for one row"
    if item.parity is None:
        return item.verdict
    if not item.is_right:
        return f"refused: {_refusal(item)}"
    if item.name != best.name:
        return f"slower: p50 {_p50_ms(item):.2f} ms, {best.name} has {_p50_ms(best):.2f} ms"
    ratio = _p50_ms(original) / _p50_ms(item)
    speed = f"{ratio:.2f}x the original's speed"
    if ratio < 1:
        speed = f"slower than the original ({speed}), which only the build can run"
    return f"chosen: lowest p50, {_p50_ms(item):.2f} ms for one row, {speed}, {_right(item, item.parity)}"


def _refusal(item: CandidateReport) -> str:
    if item.parity is None:
        return item.verdict
    if item.accuracy is not None:
        return item.accuracy.against_limit
    relation = "is over" if item.parity.metric == "max_error" else "is under"
    return f"{item.parity.metric} {item.parity.value:.4g} {relation} the limit {item.parity.threshold:g}"


def _right(item: CandidateReport, parity: Parity) -> str:
    """Return how near it is to the original, after how right it is where that was measured."""
    near = f"{parity.metric} {parity.value:.6g} (limit {parity.threshold:g})"
    return f"{item.accuracy.in_words}; {near}" if item.accuracy else near


def _p50_ms(item: CandidateReport) -> float:
    """Return the median latency at the smallest load: the first measurement."""
    return item.measurements[0].p50.value_ms

"""Choose among the candidates that answer like the original, by the goal of the spec, and say why not the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from optimizers.contender import UNTIMED, Loss
from optimizers.errors import ArtifactError, ParityError
from optimizers.report import ORIGINAL, CandidateReport, Measurement, Parity
from optimizers.vocabulary import Objective

MB = 1e6
NOT_TIMED = "not timed: another library computed its answers here, in the place of its own runtime"


def choose(
    candidates: Sequence[CandidateReport],
    objective: Objective = Objective.FASTEST,
    sla_ms: float = inf,
    losses: Mapping[str, Loss] | None = None,
) -> tuple[str, tuple[CandidateReport, ...]]:
    """
    Return the name of the chosen candidate, and every report with its verdict.

    A candidate without parity was not built: its verdict stays.

    Args:
        candidates: The original and everything that was tried.
        objective: `fastest`: the lowest median latency for one row. `smallest`: the smallest artifact of those whose p99 for
            one row is within the SLA. `cheapest`: the most rows a second at a load whose p99 is within the SLA; on one
            machine a request costs in proportion to the time that its row takes. Where none is within it, the fastest.
        sla_ms: Most that a p99 may be.
        losses: Candidates that dropped out before the finals, which are not chosen.

    Raises:
        ParityError: No candidate is right: on labelled data where there are some, else by its nearness to the original.
        ArtifactError: Some are, and none of them was measured.
    """
    original = next(candidate for candidate in candidates if candidate.name == ORIGINAL)
    servable = [item for item in candidates if item.is_right and item.measurements and item.runtime not in UNTIMED]
    if not servable:
        raise _without_choice([item for item in candidates if item.name != ORIGINAL])
    lost = losses or {}
    finalists = [item for item in servable if item.name not in lost]
    within = [item for item in finalists if _is_within(item, objective, sla_ms)]
    misses_sla = objective is not Objective.FASTEST and not within
    kind = Objective.FASTEST if misses_sla else objective
    best = min(within or finalists, key=lambda item: (RULES[kind].rank(item, sla_ms), _p50_ms(item)))
    judge = _Judge(best, original, kind, sla_ms, lost, misses_sla=misses_sla)
    return best.name, tuple(item.model_copy(update={"verdict": judge.told(item)}) for item in candidates)


def _without_choice(candidates: Sequence[CandidateReport]) -> ArtifactError:
    """Return why nothing can be chosen, and what helps: that differs where candidates are right."""
    reasons = "; ".join(f"{item.name}: {_refusal(item)}" for item in candidates)
    right = [item for item in candidates if item.is_right]
    fix = "relax `optimization.parity` or give other samples"
    if any(item.accuracy for item in candidates):
        fix = "relax `optimization.accuracy` or give other evaluation data"
    if not right:
        return ParityError(f"no candidate answers like the original ({reasons}); {fix}")
    if not all(item.runtime in UNTIMED for item in right):
        fix = "free memory, or build on a machine with more"
    return ArtifactError(f"no candidate that answers like the original could be measured here ({reasons}); {fix}")


def best_of(found: Sequence[tuple[Measurement, ...]], objective: Objective, sla_ms: float) -> int:
    """
    Return which of a candidate's configurations is its best: the place of its measurements.

    Of those whose median for one row is as low as the lowest, as far as intervals tell, the one that answers most counts.
    """
    if objective is Objective.CHEAPEST:
        return max(range(len(found)), key=lambda place: _rows_within(found[place], sla_ms))
    lowest_ms = min((items[0].p50 for items in found), key=lambda p50: p50.value_ms)
    equal = [place for place, items in enumerate(found) if items[0].p50.low_ms <= lowest_ms.high_ms]
    return max(equal, key=lambda place: max(item.throughput_rps for item in found[place]))


@dataclass(frozen=True, slots=True)
class _Rule:
    """How an objective ranks candidates within the SLA, lowest first, and how it says that one was chosen or not."""

    rank: Callable[[CandidateReport, float], float]
    chosen: Callable[[CandidateReport, float], str]
    worse: Callable[[CandidateReport, CandidateReport, float], str]


RULES: Mapping[Objective, _Rule] = {
    Objective.FASTEST: _Rule(
        rank=lambda item, _sla_ms: _p50_ms(item),
        chosen=lambda item, _sla_ms: f"lowest p50, {_p50_ms(item):.2f} ms for one row",
        worse=lambda item, best, _sla_ms: f"slower: p50 {_p50_ms(item):.2f} ms, {best.name} has {_p50_ms(best):.2f} ms",
    ),
    Objective.SMALLEST: _Rule(
        rank=lambda item, _sla_ms: item.size_bytes,
        chosen=lambda item, sla_ms: (
            f"smallest within the SLA, {item.size_bytes / MB:.1f} MB, p99 {_p99_ms(item):.2f} ms for one row ({sla_ms:g} ms allowed)"
        ),
        worse=lambda item, best, sla_ms: (
            _over(item, sla_ms)
            or f"larger: {item.size_bytes / MB:.1f} MB, {best.name} has {best.size_bytes / MB:.1f} MB"
        ),
    ),
    Objective.CHEAPEST: _Rule(
        rank=lambda item, sla_ms: -_rows_within(item.measurements, sla_ms),
        chosen=lambda item, sla_ms: (
            f"cheapest, {_rows_within(item.measurements, sla_ms):.0f} rows/s within the SLA of {sla_ms:g} ms, and on one machine "
            "a request costs in proportion to the time of its row"
        ),
        worse=lambda item, best, sla_ms: (
            _over(item, sla_ms)
            or (
                f"dearer: {_rows_within(item.measurements, sla_ms):.0f} rows/s within the SLA, {best.name} answers "
                f"{_rows_within(best.measurements, sla_ms):.0f}, so a request costs "
                f"{_rows_within(best.measurements, sla_ms) / _rows_within(item.measurements, sla_ms):.2f}x as much"
            )
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class _Judge:
    """Says why each candidate was chosen or not."""

    best: CandidateReport
    original: CandidateReport
    objective: Objective
    sla_ms: float
    losses: Mapping[str, Loss] = field(default_factory=dict[str, Loss])
    misses_sla: bool = False

    def told(self, item: CandidateReport) -> str:
        """Return the verdict, with what its last pass remarked."""
        verdict = self._verdict(item)
        return f"{verdict}; {item.remark}" if item.remark else verdict

    def _verdict(self, item: CandidateReport) -> str:
        if item.name == ORIGINAL:
            return f"the reference: p50 {_p50_ms(item):.2f} ms for one row"
        if item.parity is None or (item.verdict and item.is_right and not item.measurements):
            return item.verdict
        if item.is_right and item.runtime in UNTIMED:
            return NOT_TIMED
        if not item.is_right:
            return f"refused: {_refusal(item)}"
        if item.name != self.best.name:
            return self._worse(item)
        return f"chosen: {self._why()}, {self._speed()}, {_right(item, item.parity)}"

    def _worse(self, item: CandidateReport) -> str:
        loss = self.losses.get(item.name)
        is_as_large = self.objective is Objective.SMALLEST and item.size_bytes == self.best.size_bytes
        if loss is None or (self.objective is Objective.SMALLEST and not is_as_large):
            rule = RULES[Objective.FASTEST if is_as_large else self.objective]
            return rule.worse(item, self.best, self.sla_ms)
        return f"slower: {loss.shown} in round {loss.round_number}, {loss.best} had {loss.best_shown}"

    def _why(self) -> str:
        why = RULES[self.objective].chosen(self.best, self.sla_ms)
        if not self.misses_sla:
            return why
        return f"none has a p99 within the SLA of {self.sla_ms:g} ms, so the {why} (p99 {_p99_ms(self.best):.2f} ms)"

    def _speed(self) -> str:
        ratio = _p50_ms(self.original) / _p50_ms(self.best)
        speed = f"{ratio:.2f}x the original's speed"
        return speed if ratio >= 1 else f"slower than the original ({speed}), which only the build can run"


def _is_within(item: CandidateReport, objective: Objective, sla_ms: float) -> bool:
    if objective is Objective.CHEAPEST:
        return _rows_within(item.measurements, sla_ms) > 0
    return objective is Objective.FASTEST or _p99_ms(item) <= sla_ms


def _rows_within(measurements: Sequence[Measurement], sla_ms: float) -> float:
    """Return the most rows a second of the loads whose p99 is within the SLA; 0 of none."""
    return max((item.throughput_rps for item in measurements if item.p99.value_ms <= sla_ms), default=0.0)


def _over(item: CandidateReport, sla_ms: float) -> str:
    """Return that even one row takes too long; empty where it does not."""
    shortest_ms = min(measured.p99.value_ms for measured in item.measurements)
    return "" if shortest_ms <= sla_ms else f"too slow: p99 {shortest_ms:.2f} ms is over the SLA of {sla_ms:g} ms"


def _refusal(item: CandidateReport) -> str:
    if item.parity is None or item.is_right:
        return item.verdict or NOT_TIMED
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


def _p99_ms(item: CandidateReport) -> float:
    return item.measurements[0].p99.value_ms

"""How many workers the declared traffic needs: at the peak, and at any time because the scaler is late."""

import math
from collections.abc import Hashable

from components.capacity.fleet import Arrivals, Fleet
from components.capacity.mean_replicas import mean_replicas
from components.capacity.prediction import Prediction
from components.capacity.replicas import Predictor, ReplicaChoice, fewest_replicas
from components.capacity.scaling_lag import LowestReplicas, lowest_min_replicas
from components.capacity.service import ServiceTimes
from components.choice.request import ChoiceRequest
from components.choice.targets import Target
from components.choice.worker import Worker, service_and_fleet
from components.embedded.plan import EmbeddedRequest
from components.endpoint_plan import PlanPart
from optimizers.errors import PlanError

# More workers than any fleet that is planned here; a search has to end.
MOST_WORKERS = 20_000
# A fleet that waits for its scaler is never taken for busier, since its queue would grow for as long as that lasts.
MOST_UTILIZATION = 0.95
# Halvings of the way there; what is left of it is headroom that is not counted on.
HEADROOM_STEPS = 3
# Of a mean number of machines: a tenth of a cent for the dearest machine.
MEAN_DIGITS = 6


class Size(PlanPart):
    """
    The workers that one kind of worker needs.

    Attributes:
        peak: At the slowest speed, whatever machines they are on.
        expected: What as many of them do at the speed that is expected.
        most_rps: What one of them answers within the SLA, for a while.
    """

    peak: ReplicaChoice
    expected: Prediction
    most_rps: float


def predicted_at(  # noqa: PLR0913, PLR0917 - who answers, what, how fast, how many, and who predicts it
    worker: Worker,
    request: EmbeddedRequest,
    target: Target,
    by: float,
    workers: int,
    load: Arrivals,
    predictor: Predictor,
) -> Prediction:
    """Return how so many workers respond to the load where calls take `by` times as long as they were measured."""
    service, fleet = service_and_fleet(worker, request, target, by)
    return predictor(service, fleet.model_copy(update={"replicas": workers}), load, request.goal.latency_sla_ms)


class Sizing:
    """Sizes fleets; workers that answer alike are sized once, so a catalog of machines costs a few simulations."""

    def __init__(self, request: ChoiceRequest, predictor: Predictor) -> None:
        self._request = request
        self._predictor = predictor
        self._sizes: dict[Hashable, Size | PlanError] = {}
        self._floors: dict[Hashable, LowestReplicas] = {}
        self._means: dict[Hashable, float] = {}
        self._capacities: dict[Hashable, tuple[float, float]] = {}

    def is_known(self, worker: Worker, target: Target) -> bool:
        """Whether such workers were sized already."""
        return (worker.key, target.routing) in self._sizes

    def at_least(self, worker: Worker, target: Target) -> int:
        """Return a number of workers that the peak needs whatever the latency, at once."""
        request, key = self._request, (worker.key, target.routing)
        if key not in self._capacities:
            service, fleet = service_and_fleet(worker, request.endpoint, target, worker.speed.high)
            self._capacities[key] = (fleet.capacity_rps(service), service.idle_p99_ms)
        busy = request.endpoint.goal.throughput_rps / (request.target_utilization * self._capacities[key][0])
        return max(1, math.ceil(busy * (1 - 1e-12)))

    def idle_p99_ms(self, worker: Worker, target: Target) -> float:
        """Return the p99 of a lone request at the slowest speed."""
        self.at_least(worker, target)
        return self._capacities[worker.key, target.routing][1]

    def size(self, worker: Worker, target: Target) -> Size:
        """
        Return the workers that the peak needs.

        Raises:
            GoalUnreachable: One request alone takes longer than the SLA.
            NoCapacity: No number of workers holds.
        """
        key = (worker.key, target.routing)
        found = self._sizes.get(key)
        if found is None:
            try:
                found = self._size(worker, target)
            except PlanError as error:
                found = error
            self._sizes[key] = found
        if isinstance(found, PlanError):
            raise found
        return found

    def floor(self, size: Size, lag_s: float) -> LowestReplicas:
        """Return the fewest workers that must always run, so that the fleet carries `load(t + lag)`."""
        key = (size.peak.replicas, size.most_rps, lag_s)
        if key not in self._floors:
            self._floors[key] = self._floor(size.peak.replicas, size.most_rps, lag_s)
        return self._floors[key]

    def mean_machines(self, workers: int, held: int, fewest: int) -> float:
        """
        Return how many machines run on average over a month, where the scaler follows the load.

        Args:
            workers: At the peak.
            held: Workers on each machine.
            fewest: Machines that always run.
        """
        key = (workers, held, fewest)
        if key not in self._means:
            machine_rps = self._request.endpoint.goal.throughput_rps * held / workers
            self._means[key] = round(mean_replicas(self._request.declared.month, machine_rps, fewest), MEAN_DIGITS)
        return self._means[key]

    def _floor(self, workers: int, most_rps: float, lag_s: float) -> LowestReplicas:
        curve, rate_rps = self._request.declared.curve, self._request.endpoint.goal.throughput_rps
        if curve.seconds == 0:
            return LowestReplicas(replicas=workers, at_s=None, basis="the rate never changes, and this many carry it")
        return lowest_min_replicas(curve, lag_s, most_rps, min(1.0, rate_rps / workers / most_rps))

    def _size(self, worker: Worker, target: Target) -> Size:
        request, goal = self._request, self._request.endpoint.goal
        load = Arrivals(rate_rps=goal.throughput_rps, variation=request.declared.curve.variation)
        service, fleet = service_and_fleet(worker, request.endpoint, target, worker.speed.high)
        peak = fewest_replicas(
            service,
            fleet,
            load,
            sla_ms=goal.latency_sla_ms,
            target_utilization=request.target_utilization,
            most=MOST_WORKERS,
            predictor=self._predictor,
        )
        sized = fleet.model_copy(update={"replicas": peak.replicas})
        expected = peak.prediction
        if worker.speed.expected != worker.speed.high:
            expected = predicted_at(
                worker, request.endpoint, target, worker.speed.expected, peak.replicas, load, self._predictor
            )
        return Size(peak=peak, expected=expected, most_rps=self._most_rps(service, sized, load))

    def _most_rps(self, service: ServiceTimes, fleet: Fleet, load: Arrivals) -> float:
        """Return what a worker of this fleet answers within the SLA; at least what it answers at the peak."""
        sla_ms, at_peak_rps = self._request.endpoint.goal.latency_sla_ms, load.rate_rps / fleet.replicas
        if self._request.declared.curve.seconds == 0:
            return at_peak_rps
        held_rps, high_rps = load.rate_rps, MOST_UTILIZATION * fleet.capacity_rps(service)
        for _ in range(HEADROOM_STEPS if high_rps > held_rps else 0):
            middle_rps = (held_rps + high_rps) / 2
            more = load.model_copy(update={"rate_rps": middle_rps})
            p99_ms = self._predictor(service, fleet, more, sla_ms).p99_high_ms
            held_rps, high_rps = (
                (middle_rps, high_rps) if p99_ms is not None and p99_ms <= sla_ms else (held_rps, middle_rps)
            )
        return held_rps / fleet.replicas

"""The product's greedy batcher in simulated time: a free server takes what waits, at most a batch, in order."""

import random
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush, heapreplace

from components.capacity.fleet import Fleet
from components.capacity.service import QUANTILE_POINTS, ServiceTimes


@dataclass(slots=True)
class Served:
    """
    What happened to the requests that arrived after the warm-up.

    Attributes:
        responses_ms: From arrival to answer.
        busy_ms: Time of all calls together.
        calls: Number of calls.
    """

    responses_ms: list[float] = field(default_factory=list[float])
    busy_ms: float = 0.0
    calls: int = 0

    def add(self, start_ms: float, end_ms: float, arrived_ms: Sequence[float]) -> None:
        """Count one call and its requests."""
        self.calls += 1
        self.busy_ms += end_ms - start_ms
        for at_ms in arrived_ms:
            self.responses_ms.append(end_ms - at_ms)


class CallDraws:
    """Draws call times in ms, overhead included; the same seed draws the same times."""

    def __init__(self, service: ServiceTimes, seed: int) -> None:
        self._service = service
        # A stream of its own: times drawn from the numbers that drew the gaps would follow them.
        self._random = random.Random(f"call times {seed}").random  # noqa: S311 - decides a simulation, no secret
        self._tables: dict[tuple[int, int], list[float]] = {}
        # Rows of the last call of each replica.
        self._rows: dict[int, int] = {}

    def draw_ms(self, rows: int, calls_in_flight: int, replica: int = 0) -> float:
        """Return how long a call takes that starts now."""
        table = self._tables.get((rows, calls_in_flight))
        if table is None:
            request_ms = self._service.request_ms(rows, calls_in_flight)
            table = [time + request_ms for time in self._service.call(rows, calls_in_flight).quantiles_ms()]
            self._tables[rows, calls_in_flight] = table
        drawn_ms = table[int(QUANTILE_POINTS * self._random())]
        if self._rows.get(replica) == rows:
            return drawn_ms
        self._rows[replica] = rows
        return drawn_ms + self._service.resize_ms


def serve_one_call(arrivals_ms: Sequence[float], most: int, draws: CallDraws, warm_ms: float) -> Served:
    """Return what one replica does that has one call in flight."""
    served, count = Served(), len(arrivals_ms)
    free_ms, first = 0.0, 0
    while first < count:
        at_ms = arrivals_ms[first]
        start_ms = at_ms if at_ms > free_ms else free_ms  # noqa: FURB136 - half the time of `max`, in the inner loop
        after = first + 1
        if most > 1:
            after = bisect_right(arrivals_ms, start_ms, after, min(first + most, count))
        free_ms = start_ms + draws.draw_ms(after - first, 1)
        if at_ms >= warm_ms:
            served.add(start_ms, free_ms, arrivals_ms[first:after])
        first = after
    return served


def serve_shared(arrivals_ms: Sequence[float], fleet: Fleet, draws: CallDraws, warm_ms: float) -> Served:
    """Return what replicas do that take from one line: the call that is free first takes what waits."""
    served, count = Served(), len(arrivals_ms)
    free = [(0.0, replica) for _ in range(fleet.concurrent_calls) for replica in range(fleet.replicas)]
    first = 0
    while first < count:
        free_ms, replica = free[0]
        start_ms = max(arrivals_ms[first], free_ms)
        after = bisect_right(arrivals_ms, start_ms, first + 1, min(first + fleet.max_batch_size, count))
        calls = 1
        if fleet.concurrent_calls > 1:
            calls += sum(other == replica and until_ms > start_ms for until_ms, other in free)
        end_ms = start_ms + draws.draw_ms(after - first, calls, replica)
        heapreplace(free, (end_ms, replica))
        if arrivals_ms[first] >= warm_ms:
            served.add(start_ms, end_ms, arrivals_ms[first:after])
        first = after
    return served


def serve_least_outstanding(arrivals_ms: Sequence[float], fleet: Fleet, draws: CallDraws, warm_ms: float) -> Served:
    """Return what replicas do where each request goes to the one with the fewest unanswered requests."""
    served = Served()
    outstanding, in_flight = [0] * fleet.replicas, [0] * fleet.replicas
    waiting = [deque[float]() for _ in range(fleet.replicas)]
    ends = list[tuple[float, int, int]]()

    def start(now_ms: float, replica: int, batch_ms: list[float]) -> None:
        in_flight[replica] += 1
        end_ms = now_ms + draws.draw_ms(len(batch_ms), in_flight[replica], replica)
        heappush(ends, (end_ms, replica, len(batch_ms)))
        if batch_ms[0] >= warm_ms:
            served.add(now_ms, end_ms, batch_ms)

    def complete(until_ms: float) -> None:
        while ends and ends[0][0] <= until_ms:
            end_ms, replica, rows = heappop(ends)
            outstanding[replica] -= rows
            in_flight[replica] -= 1
            if line := waiting[replica]:
                start(end_ms, replica, [line.popleft() for _ in range(min(len(line), fleet.max_batch_size))])

    for at_ms in arrivals_ms:
        complete(at_ms)
        replica = outstanding.index(min(outstanding))
        outstanding[replica] += 1
        if in_flight[replica] < fleet.concurrent_calls:
            start(at_ms, replica, [at_ms])
        else:
            waiting[replica].append(at_ms)
    complete(float("inf"))
    return served

"""What a choice of machines says: the cheapest that holds, the next best, and why each other one fell out."""

from enum import IntEnum
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from components.capacity.prediction import Method, judged_p99_ms, p99_in_words
from components.choice.lag import PlannedLag
from components.choice.speed import SpeedFactor
from components.cost.machines import RentedMachines
from components.cost.month import UsdPerMonth
from components.endpoint_plan import (
    LOCK_PATTERN,
    Decision,
    Estimate,
    PlannedArtifact,
    PlannedTraffic,
    PlanPart,
    Resources,
    ScalingPolicy,
)
from optimizers.vocabulary import DeploymentTarget


class Stage(IntEnum):
    """How far a machine came before it fell out; the furthest says best what would have to change."""

    # It is not what the stack asks for, or nothing measured can run on it.
    MACHINE = 1
    PRICE = 2
    LATENCY = 3
    CAPACITY = 4
    BUDGET = 5
    # It would hold or not: even the fewest machines of its kind cost more than the next best.
    DEARER = 6


class Rejected(PlanPart):
    """
    A machine that fell out.

    Attributes:
        machine: Service, region and name, for people.
        why: One sentence: the number that decided, and the number that was needed.
        needed: The limit that would have let it in, in the unit of its stage; None where no number would.
    """

    target: str
    machine: str
    stage: Stage
    why: str
    needed: float | None = None


class Choice(PlanPart):
    """
    A fleet of one kind of machine that keeps the SLA at the peak.

    Attributes:
        where: The target, for people: `SageMaker`.
        machine: Type of the machine; None: this machine.
        workers_per_machine: Copies of the measured server on each.
        workers: Copies that the peak needs, on all machines together; the p99 is theirs. None in records of older versions.
        replicas: At the peak; pods on Kubernetes, machines elsewhere.
        floor: Why not fewer replicas may run at any time.
        lag: How late the scaler is, part by part; None where nothing scales, and in records of older versions.
        machines: What is rented; None on this machine.
        p99_ms: At the peak, at the speed that is expected.
        p99_high_ms: At the peak, at the slowest speed; what was held against the SLA.
        method: How that was found; None in records of older versions.
        usd_per_1000_requests: At the mean rate; None where the price is unknown, or no traffic was declared.
    """

    where: str
    target: DeploymentTarget
    machine: str | None
    artifact: PlannedArtifact
    speed: SpeedFactor
    workers_per_machine: int = Field(ge=1)
    workers: int | None = Field(default=None, ge=1)
    replicas: Decision
    floor: Decision
    lag: PlannedLag | None = None
    scaling: ScalingPolicy
    resources: Resources
    machines: RentedMachines | None
    p99_ms: Estimate
    p99_high_ms: float = Field(ge=0, allow_inf_nan=False)
    method: Method | None = None
    usd_per_hour: Estimate
    usd_per_month: UsdPerMonth | None
    usd_per_1000_requests: Estimate

    @property
    def label(self) -> str:
        """Where and on what, for people."""
        return f"{self.machine} on {self.where}" if self.machine else self.where

    @property
    def order(self) -> tuple[float, float, int, str]:
        """What comes first is cheaper: as expected, then at the most; of equals, more and smaller machines."""
        usd, machines = self.usd_per_month, 0 if self.machines is None else self.machines.count.maximum
        return (
            (usd.expected, usd.maximum, -machines, self.label) if usd else (float("inf"), float("inf"), 0, self.label)
        )


class OtherTarget(PlanPart):
    """The same model elsewhere; `best` is None where nothing there holds, and `why` says what was nearest."""

    where: str
    best: Choice | None
    why: str


class ScalingPlan(PlanPart):
    """
    Everything that was decided for the fleet of one model; what the component records and policies read.

    It names no machine that fell out, so a new row of the catalog changes it only where it changes the choice.

    Attributes:
        max_batch_size: Most rows in a call that the stack allows; None in records of older versions.
    """

    version: Literal[1] = 1
    name: str
    lock: str = Field(pattern=LOCK_PATTERN)
    latency_sla_ms: int = Field(ge=1)
    throughput_rps: int = Field(ge=1)
    max_batch_size: int | None = Field(default=None, ge=1)
    traffic: PlannedTraffic
    usd_per_month_budget: float | None = Field(gt=0, allow_inf_nan=False)
    usd_per_1000_requests_budget: float | None = Field(gt=0, allow_inf_nan=False)
    chosen: Choice

    @model_validator(mode="after")
    def _holds(self) -> Self:
        """Refuse a record that was changed by hand: no choice of machines breaks any of this."""
        chosen, scaling = self.chosen, self.chosen.scaling
        p99_ms, high_ms = chosen.p99_ms.value, chosen.p99_high_ms
        judged_ms = judged_p99_ms(p99_ms, high_ms)
        if p99_ms is None or judged_ms is None:
            raise ValueError("its p99 is unknown, and a fleet is chosen by it")
        if judged_ms > self.latency_sla_ms:
            raise ValueError(f"p99 {p99_in_words(p99_ms, high_ms)} is over the SLA of {self.latency_sla_ms} ms")
        if scaling.min_replicas > scaling.max_replicas:
            raise ValueError(f"min_replicas {scaling.min_replicas} is over max_replicas {scaling.max_replicas}")
        if scaling.min_replicas < int(chosen.floor.value):
            raise ValueError(f"min_replicas {scaling.min_replicas} is under {chosen.floor.value}: {chosen.floor.basis}")
        if (chosen.machines is None) != (chosen.target is DeploymentTarget.EMBEDDED):
            raise ValueError(f"`machines` does not fit the target `{chosen.target}`: this machine alone is not rented")
        return self

    def recorded(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return self.model_dump(mode="json")


class Choices(PlanPart):
    """
    The verdict on every machine that could serve.

    Attributes:
        plan: The cheapest choice that holds.
        next_best: The next one; None where only one holds.
        others: The others that hold, in ascending order of cost.
        rejected: Those that do not.
        elsewhere: The best of each other target.
    """

    plan: ScalingPlan
    next_best: Choice | None
    others: tuple[Choice, ...]
    rejected: tuple[Rejected, ...]
    elsewhere: tuple[OtherTarget, ...]

    @property
    def feasible(self) -> tuple[Choice, ...]:
        """All that hold, the cheapest first."""
        second = () if self.next_best is None else (self.next_best,)
        return (self.plan.chosen, *second, *self.others)

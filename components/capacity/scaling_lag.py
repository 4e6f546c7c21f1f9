"""How late a scaler is, and how many replicas must run already because of it."""

import math

from pydantic import BaseModel, ConfigDict, Field

from components.capacity.rate_curve import RateCurve

# Moments of a curve that are looked at beside its own points.
STEPS = 2000


class ScalingLag(BaseModel):
    """
    The time from a rise in load to a replica that answers.

    Attributes:
        metric_window_s: Time that one data point of the scaler's metric covers.
        datapoints: Data points over the target that it takes to scale out.
        provisioning_s: From the decision to a machine that runs; 0 where one is idle.
        image_pull_s: Fetching and unpacking the image; 0 where the machine has it.
        model_load_s: From the start of the server to the loaded model.
        warm_up_s: First calls, until the replica is as fast as it was measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric_window_s: float = Field(ge=0, allow_inf_nan=False)
    datapoints: int = Field(ge=1)
    provisioning_s: float = Field(ge=0, allow_inf_nan=False)
    image_pull_s: float = Field(ge=0, allow_inf_nan=False)
    model_load_s: float = Field(ge=0, allow_inf_nan=False)
    warm_up_s: float = Field(default=0, ge=0, allow_inf_nan=False)

    @property
    def detection_s(self) -> float:
        """Until the scaler decides."""
        return self.metric_window_s * self.datapoints

    @property
    def cold_start_s(self) -> float:
        """From the decision to the first answer; what the first caller of an endpoint scaled to zero waits for."""
        return self.provisioning_s + self.image_pull_s + self.model_load_s + self.warm_up_s

    @property
    def total_s(self) -> float:
        """From the rise in load to the replica that carries it."""
        return self.detection_s + self.cold_start_s

    @property
    def basis(self) -> str:
        """The sum in words."""
        return (
            f"{self.total_s:g} s: {self.datapoints} data points of {self.metric_window_s:g} s, "
            f"{self.provisioning_s:g} s for a machine, {self.image_pull_s:g} s for the image, "
            f"{self.model_load_s:g} s for the model, {self.warm_up_s:g} s to warm up"
        )


class LowestReplicas(BaseModel):
    """
    The lowest bound of a scaler that still keeps the SLA on the declared traffic.

    Attributes:
        replicas: What `min_replicas` has to be at least.
        at_s: When it is needed most; None where the scaler is always in time.
        basis: Why, in one sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    replicas: int = Field(ge=1)
    at_s: float | None
    basis: str


def lowest_min_replicas(
    curve: RateCurve, lag_s: float, replica_rps: float, target_utilization: float
) -> LowestReplicas:
    """
    Return the fewest replicas that must always run, so that the fleet carries the load until others have come.

    At any moment t the scaler has what it wanted for load(t - lag): so many that each is busy to the target. The headroom
    up to what a replica answers within its SLA carries a part of the rise; where load(t) is more, the lower bound does.
    Before the traffic starts, the bound alone runs. No number of further replicas helps, since they come too late.

    Args:
        curve: The declared traffic.
        lag_s: From a rise in load to a replica that carries it.
        replica_rps: What a replica answers within its SLA, above 0.
        target_utilization: Share of that which the scaler aims at, above 0 and at most 1.

    Raises:
        ValueError: An argument is out of its range.
    """
    if not 0 <= lag_s < math.inf or not replica_rps > 0 or not 0 < target_utilization <= 1:
        raise ValueError(
            f"a lag of {lag_s:g} s, {replica_rps:g} requests/s a replica and a target utilization of {target_utilization:g}; "
            "needs a lag of at least 0, a rate above 0 and a target in (0, 1]"
        )
    needed, at_s = 1, None
    for time_s in _moments(curve, lag_s):
        load = curve.rate_at(time_s)
        wanted = math.ceil(up_to_rounding(load / replica_rps))
        if wanted <= needed:
            continue
        seen = curve.rate_at(time_s - lag_s) if curve.repeats or time_s >= lag_s else 0.0
        scaled = math.ceil(up_to_rounding(seen / (target_utilization * replica_rps)))
        if wanted > scaled:
            needed, at_s = wanted, time_s
    if at_s is None:
        why = (
            f"{replica_rps:g} requests/s a replica carry every rise until the scaler, {lag_s:g} s late, has answered it"
        )
    else:
        unseen = "" if curve.repeats or at_s >= lag_s else ", for it knows of no load before 0 s"
        why = (
            f"at {at_s:g} s the load is {curve.rate_at(at_s):g} requests/s, and the scaler, {lag_s:g} s late, has not "
            f"answered it{unseen}; {needed} replicas of {replica_rps:g} requests/s carry it"
        )
    return LowestReplicas(replicas=needed, at_s=at_s, basis=why)


def _moments(curve: RateCurve, lag_s: float) -> list[float]:
    """Moments at which the load, or what the scaler knew of it, may turn, and even steps between them."""
    end_s = curve.seconds + lag_s
    turns = {*curve.times_s, *(time_s + lag_s for time_s in curve.times_s)}
    steps = (end_s * step / STEPS for step in range(STEPS + 1))
    return sorted({time_s for time_s in (*turns, *steps) if 0 <= time_s <= end_s})


def up_to_rounding(replicas: float) -> float:
    """Return a load in replicas without its last digits: 3.0000000000000004 replicas are three."""
    return replicas * (1 - 1e-12)

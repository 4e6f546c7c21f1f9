"""How late the scaler of a target is: each part declared, from a source, or measured, and the plan says which."""

from pydantic import Field

from components.capacity.scaling_lag import ScalingLag
from components.choice.targets import IMAGE_WITHIN, MACHINE_SOURCE, Target
from components.endpoint_plan import Estimate, EstimatedParts, PlanPart

DECLARED = "declared: `scaling.{name}`"
DEFAULT = "default: {source}"


class DeclaredLag(PlanPart):
    """
    What a stack says of its scaler; None: the default of the target.

    Attributes:
        metric_window_s: Time that one data point of the scaler's metric covers.
        datapoints: Data points over the target that it takes to scale out.
        provisioning_s: From the decision to a machine that runs, and to its image where `image_pull_s` is None.
        image_pull_s: Fetching and unpacking the image; only beside `provisioning_s`.
    """

    metric_window_s: float | None = Field(default=None, gt=0)
    datapoints: int | None = Field(default=None, ge=1)
    provisioning_s: float | None = Field(default=None, ge=0)
    image_pull_s: float | None = Field(default=None, ge=0)


class PlannedLag(EstimatedParts):
    """The parts of a scaler's lateness, one after the other; named and explained as in `ScalingLag`."""

    metric_window_s: Estimate
    datapoints: Estimate
    provisioning_s: Estimate
    image_pull_s: Estimate
    model_load_s: Estimate
    warm_up_s: Estimate

    @property
    def scaling_lag(self) -> ScalingLag:
        """The numbers alone."""
        return ScalingLag.model_validate({name: part.value for name, part in self.parts.items()})

    @property
    def basis(self) -> str:
        """The sum in words, with what the machine's time rests on."""
        return f"{self.scaling_lag.basis} ({self.provisioning_s.basis})"


def planned_lag(
    target: Target, declared: DeclaredLag, model_load_s: Estimate, warm_up_s: Estimate
) -> PlannedLag | None:
    """
    Return the lateness of a target's scaler; None where nothing scales.

    Args:
        target: Where the fleet runs; its defaults stand where nothing is declared.
        declared: Of this target. A time of the machine without one of the image has the image's in it.
        model_load_s: Of the model, at the slowest speed.
        warm_up_s: Of the first calls, at the slowest speed.
    """
    if target.lag is None:
        return None
    return PlannedLag(
        metric_window_s=_part("metric_window_s", declared, target.lag.metric_window_s, target.scaler),
        datapoints=_part("datapoints", declared, target.lag.datapoints, target.scaler),
        provisioning_s=_part("provisioning_s", declared, target.lag.provisioning_s, MACHINE_SOURCE),
        image_pull_s=_part("image_pull_s", declared, target.lag.image_pull_s, IMAGE_WITHIN),
        model_load_s=model_load_s,
        warm_up_s=warm_up_s,
    )


def _part(name: str, declared: DeclaredLag, default: float, source: str) -> Estimate:
    value = getattr(declared, name)
    if value is None:
        return Estimate(value=default, basis=DEFAULT.format(source=source))
    return Estimate(value=value, basis=DECLARED.format(name=name))

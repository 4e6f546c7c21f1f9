"""Each part of a scaler's lateness is declared, from a source, or measured, and the plan says which."""

from typing import Any

import pytest

from components.capacity.traffic import DailyTraffic
from components.choice.choices import Choice
from components.choice.choose import choose
from components.choice.lag import DeclaredLag, PlannedLag
from optimizers.errors import NoCapacity
from optimizers.vocabulary import DeploymentTarget
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked

DAY = DailyTraffic(lowest_rps=5, highest_rps=100)
MACHINES = ("c7i.xlarge", "ml.c7i.xlarge")


def chosen(target: DeploymentTarget = DeploymentTarget.KUBERNETES, **lag: Any) -> Choice:
    request = asked(target, traffic=DAY, instance_types=MACHINES, lag=DeclaredLag(**lag))
    return choose(request, LOCKED, MACHINE, SHIPPED).plan.chosen


def lag_of(choice: Choice) -> PlannedLag:
    assert choice.lag is not None
    return choice.lag


def test_undeclared_parts_are_the_targets_and_name_their_source() -> None:
    on_kubernetes, on_sagemaker = lag_of(chosen()), lag_of(chosen(DeploymentTarget.SERVERLESS))

    assert (on_kubernetes.metric_window_s.value, on_kubernetes.datapoints.value) == (15, 2)
    assert on_kubernetes.metric_window_s.basis.startswith("default: the HorizontalPodAutoscaler looks every 15 s")
    assert (on_sagemaker.metric_window_s.value, on_sagemaker.datapoints.value) == (60, 3)
    assert on_sagemaker.datapoints.basis.startswith("default: target tracking of SageMaker")
    for lag in (on_kubernetes, on_sagemaker):
        assert lag.provisioning_s.value == 525
        assert lag.provisioning_s.basis.endswith("AWS machine learning blog, June 2026")
        assert lag.image_pull_s.basis == "default: the machine's time has the image's in it"
        assert lag.model_load_s.basis.startswith("measured ")
        assert lag.model_load_s.basis.endswith("x2 at the slowest")


def test_declared_parts_are_taken_and_say_so() -> None:
    lag = lag_of(chosen(metric_window_s=10, datapoints=1, provisioning_s=90, image_pull_s=20))

    # By hand: 10 s, 90 s, 20 s, and as in the default 0.5 s to load and 0.1 s to warm up.
    assert lag.scaling_lag.total_s == pytest.approx(120.6)
    for name in ("metric_window_s", "datapoints", "provisioning_s", "image_pull_s"):
        assert lag.parts[name].basis == f"declared: `scaling.{name}`"
    assert lag.basis.endswith("(declared: `scaling.provisioning_s`)")


def test_a_faster_scaler_takes_no_more_replicas_and_the_basis_has_its_lag() -> None:
    slow, fast = chosen(provisioning_s=20_000), chosen(provisioning_s=0)

    assert fast.scaling.min_replicas < slow.scaling.min_replicas
    assert fast.scaling.max_replicas == slow.scaling.max_replicas
    assert "0 s for a machine, 0 s for the image" in fast.floor.basis
    assert "AWS machine learning blog" not in fast.floor.basis


def test_a_declared_lag_is_of_the_stacks_own_target_only() -> None:
    request = asked(traffic=DAY, lag=DeclaredLag(provisioning_s=0))

    elsewhere = choose(request, LOCKED, MACHINE, SHIPPED).elsewhere

    rented = [item.best for item in elsewhere if item.best is not None and item.best.lag is not None]
    assert rented
    assert all(lag_of(best).provisioning_s.value == 525 for best in rented)


def test_fewer_replicas_than_a_declared_lag_needs_are_refused_with_its_name() -> None:
    request = asked(traffic=DAY, min_replicas=1, instance_types=MACHINES, lag=DeclaredLag(provisioning_s=40_000))

    with pytest.raises(
        NoCapacity, match=r"`min_replicas` 1 is under the \d+ that .* \(declared: `scaling.provisioning_s`\)"
    ):
        choose(request, LOCKED, MACHINE, SHIPPED)


def test_nothing_scales_on_this_machine() -> None:
    request = asked(DeploymentTarget.EMBEDDED, rate_rps=5, lag=DeclaredLag(provisioning_s=1))

    assert choose(request, LOCKED, MACHINE, SHIPPED).plan.chosen.lag is None

"""Every machine gets a verdict, and the cheapest that holds is chosen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.capacity.quick import predict_by_formula
from components.capacity.traffic import BurstyTraffic, ConstantTraffic, DailyTraffic, RampTraffic
from components.choice.choices import Choices, Rejected, Stage
from components.choice.choose import choose, judged
from components.choice.judge import Bench
from components.choice.processors import processors
from components.choice.request import ChoiceRequest
from components.choice.sizing import Sizing
from components.choice.targets import NOT_SERVING, target_of
from optimizers.errors import ArtifactError, GoalUnreachable, NoCapacity, PlanError
from optimizers.hardware import Hardware
from optimizers.vocabulary import Accelerator, DeploymentTarget
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked
from tests.support.locked_model import hardware, locked_model, measurement, report

RENTED = (DeploymentTarget.KUBERNETES, DeploymentTarget.SERVERLESS)

requests = st.builds(
    asked,
    st.sampled_from(RENTED),
    sla_ms=st.integers(40, 1000),
    rate_rps=st.integers(1, 3000),
    max_batch_size=st.sampled_from([1, 8]),
    max_replicas=st.integers(1, 100),
    spot=st.booleans(),
    usd_per_month=st.none() | st.floats(10, 100_000),
    target_utilization=st.floats(0.2, 0.9),
)


def quick(request: ChoiceRequest, machine: Hardware = MACHINE) -> Choices:
    return choose(request, LOCKED, machine, SHIPPED, predict_by_formula)


def feasible(request: ChoiceRequest) -> Choices | None:
    try:
        return quick(request)
    except PlanError:
        return None


@settings(max_examples=60)
@given(requests)
def test_a_plan_keeps_every_limit_that_was_set(request: ChoiceRequest) -> None:
    choices = feasible(request)

    for choice in choices.feasible if choices else ():
        assert choice.scaling.min_replicas <= choice.scaling.max_replicas <= request.max_replicas
        assert choice.p99_high_ms <= request.endpoint.goal.latency_sla_ms
        assert choice.usd_per_month is not None
        assert choice.usd_per_month.minimum <= choice.usd_per_month.expected <= choice.usd_per_month.maximum
        assert choice.usd_per_month.maximum <= (request.usd_per_month or float("inf"))
        assert choice.machines is not None
        capacity = choice.machines.count.maximum * (
            choice.workers_per_machine if choice.target is DeploymentTarget.KUBERNETES else 1
        )
        assert choice.scaling.max_replicas <= capacity


@settings(max_examples=60)
@given(requests)
def test_the_cheapest_is_the_cheapest_that_holds_also_of_those_that_were_not_sized(request: ChoiceRequest) -> None:
    choices = feasible(request)
    if choices is None:
        return

    dearer = [item for item in choices.rejected if item.stage is Stage.DEARER]
    costs = [choice.order for choice in choices.feasible]
    assert costs == sorted(costs)
    if choices.next_best is not None:
        assert all((item.needed or 0) > choices.next_best.order[0] for item in dearer)
    else:
        assert not dearer


@settings(max_examples=30)
@given(requests)
def test_every_row_of_the_catalog_holds_or_says_why_not(request: ChoiceRequest) -> None:
    bench = Bench(request, LOCKED, SHIPPED, Sizing(request, predict_by_formula))
    verdicts = judged(bench, MACHINE, request.target)

    rows = [
        row
        for row in SHIPPED.rows
        if ((place := target_of(row.instance.service)) is not None and place.target is request.target)
        or NOT_SERVING.get(row.instance.service, (None,))[0] is request.target
    ]
    names = {item.machine for item in verdicts}
    for row in rows:
        assert (row.label in names) != (row.instance.name in names), row.label
    assert all(item.why for item in verdicts if isinstance(item, Rejected))


def test_every_service_belongs_to_a_target() -> None:
    assert all(target_of(row.instance.service) or row.instance.service in NOT_SERVING for row in SHIPPED.rows)


@settings(max_examples=40)
@given(requests, st.floats(1, 10))
def test_more_budget_never_gives_a_dearer_choice(request: ChoiceRequest, more: float) -> None:
    if request.usd_per_month is None:
        return
    tight = feasible(request)
    loose = feasible(request.model_copy(update={"usd_per_month": request.usd_per_month * more}))

    if tight is not None:
        assert loose is not None
        assert loose.plan.chosen.order <= tight.plan.chosen.order


@settings(max_examples=40)
@given(st.sampled_from(RENTED), st.integers(1, 500), st.integers(0, 500), st.integers(60, 500))
def test_a_higher_peak_never_takes_fewer_replicas(target: DeploymentTarget, rate: int, more: int, sla_ms: int) -> None:
    machine = "c7i.xlarge" if target is DeploymentTarget.KUBERNETES else "ml.c7i.xlarge"
    one = feasible(asked(target, rate_rps=rate, sla_ms=sla_ms, instance_types=(machine,), max_replicas=1000))
    two = feasible(asked(target, rate_rps=rate + more, sla_ms=sla_ms, instance_types=(machine,), max_replicas=1000))

    if one is not None and two is not None:
        assert one.plan.chosen.replicas.value <= two.plan.chosen.replicas.value  # type: ignore[operator]


def test_the_same_arguments_give_the_same_bytes() -> None:
    request = asked(traffic=DailyTraffic(lowest_rps=5, highest_rps=100))

    first, second = (choose(request, LOCKED, MACHINE, SHIPPED).model_dump_json() for _ in range(2))

    assert first == second


def test_the_slow_end_of_the_speed_decides() -> None:
    # x2: 20 ms a call at the worst, and the server's own part twice as well.
    chosen = quick(asked(rate_rps=10)).plan.chosen

    assert chosen.speed.high == 2
    assert chosen.p99_high_ms > (chosen.p99_ms.value or 0)
    with pytest.raises(GoalUnreachable):
        quick(asked(rate_rps=10, sla_ms=30))


def test_the_simulation_has_the_verdict() -> None:
    chosen = choose(asked(), LOCKED, MACHINE, SHIPPED).plan.chosen

    assert "simulation of 20000 requests" in chosen.p99_ms.basis
    assert "routing `random`" in chosen.replicas.basis


def test_a_budget_is_kept_at_the_most_replicas_and_says_what_it_would_take() -> None:
    usd = quick(asked()).plan.chosen.usd_per_month
    assert usd is not None

    with pytest.raises(
        GoalUnreachable, match=r"cost up to \$\d+\.\d\d a month, over the budget of \$50.00; it takes a"
    ):
        quick(asked(usd_per_month=50))
    assert quick(asked(usd_per_month=usd.maximum)).plan.chosen.usd_per_month == usd


def test_a_budget_for_a_thousand_requests_is_kept_at_the_mean_rate() -> None:
    with pytest.raises(GoalUnreachable, match=r"1,000 requests cost \$0\.\d+, over the budget of \$0.0001; it takes"):
        quick(asked(usd_per_1000_requests=0.0001, traffic=ConstantTraffic(rate_rps=100)))


def test_a_cost_for_a_thousand_requests_is_the_month_over_its_requests() -> None:
    chosen = quick(asked(traffic=ConstantTraffic(rate_rps=100))).plan.chosen
    assert chosen.usd_per_month is not None

    assert chosen.usd_per_1000_requests.value == pytest.approx(chosen.usd_per_month.expected / 262_800, abs=1e-6)


def test_a_cost_for_a_thousand_requests_is_unknown_where_only_a_peak_is_declared() -> None:
    chosen = quick(asked(usd_per_month=100_000)).plan.chosen

    assert chosen.usd_per_month is not None
    assert chosen.usd_per_1000_requests.value is None
    assert chosen.usd_per_1000_requests.basis == (
        "`throughput_rps` is a peak, of which no mean is known; declare `traffic`"
    )
    with pytest.raises(GoalUnreachable, match=r"`usd_per_1000_requests` cannot be checked: .*declare `traffic`"):
        quick(asked(usd_per_1000_requests=1))


def test_an_sla_below_the_bare_model_names_the_number_and_what_it_takes() -> None:
    with pytest.raises(GoalUnreachable) as caught:
        quick(asked(sla_ms=5))

    message = str(caught.value)
    assert message.startswith("no machine for `kubernetes` will do (")
    assert (
        "one request alone has a p99 of up to 34.1 ms there, over the SLA of 5 ms, so no number of replicas" in message
    )
    assert "the bare model was measured at 12.0 ms, and may take x2" in message
    assert "it takes a `latency_sla_ms` of 35, or" in message
    assert quick(asked(sla_ms=60, rate_rps=1))


def test_too_many_replicas_name_the_number_that_would_do() -> None:
    with pytest.raises(NoCapacity, match=r"it takes \d+ replicas, and `max_replicas` is 2; raise it to \d+"):
        quick(asked(rate_rps=2000, max_replicas=2))


def test_a_region_without_prices_is_named_with_those_that_have_some() -> None:
    regions = {"aws": "eu-west-9", "gcp": "mars-north1"}

    with pytest.raises(NoCapacity) as caught:
        quick(asked(regions=regions))

    assert str(caught.value) == (
        "no machine for `kubernetes` will do (75 judged); compute-engine mars-north1: no machine of compute-engine has a "
        "price in mars-north1 in the shipped catalog, which is not $0; set `scaling.gcp_region` to us-central1, or run "
        "`serving prices refresh`"
    )


def test_a_type_without_a_price_is_named_and_others_still_win() -> None:
    choices = quick(asked(instance_types=("c7i.xlarge", "c9.xlarge")))

    assert choices.plan.chosen.machine == "c7i.xlarge"
    (missing,) = [item for item in choices.rejected if item.machine == "ec2 us-east-1 c9.xlarge"]
    assert missing.stage is Stage.PRICE
    assert missing.why.startswith("`scaling.instance_types` has `c9.xlarge`, which has no price as ec2 in us-east-1")
    with pytest.raises(NoCapacity, match=r"`c9.xlarge`, which has no price .* did you mean `c5.xlarge`"):
        quick(asked(instance_types=("c9.xlarge",)))


def test_a_machine_without_a_spot_price_falls_out_when_spot_is_asked_for() -> None:
    choices = quick(asked(spot=True))

    (item,) = [item for item in choices.rejected if item.machine == "ec2 us-east-1 c7i.xlarge"]
    assert (
        item.why
        == "its price is unknown, which is not $0: ec2 us-east-1 c7i.xlarge has no spot price in the shipped catalog"
    )


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (
            "ec2 us-east-1 g5.xlarge",
            "it has an accelerator, and the lock holds measurements on cpu only; run `serving optimize` on such a machine",
        ),
        (
            "ec2 us-east-1 c7g.xlarge",
            ("its AWS Graviton3 is aarch64, and the lock holds measurements on x86_64 only; "
            f"run `serving optimize` on such a machine ({processors()['c7g'].read})"),
        ),
        (
            "compute-engine us-central1 n1-standard-4",
            ("its processor (Intel Xeon, Sandy Bridge at the oldest) is not sure to have avx2, which every measurement in "
            f"the lock had; run `serving optimize` on such a machine ({processors()['n1'].read})"),
        ),
        (
            "compute-engine us-central1 e2-standard-2",
            "it has 1.93 vCPU and 6.1 GiB for servers, and one that was measured takes 2 cores and 0.3 GiB",
        ),
        ("ec2 us-east-1 p3.2xlarge", "the catalog does not know its vCPU and memory; complete its row"),
        (
            "compute-engine-gpu us-central1 nvidia-tesla-t4",
            "it is an accelerator alone, which a machine is rented with",
        ),
    ],
)  # fmt: skip
def test_a_machine_that_cannot_run_what_was_measured_says_what_is_missing(machine: str, why: str) -> None:
    found = {item.machine: item.why for item in quick(asked()).rejected}

    assert found[machine] == why


def test_the_measurement_with_the_most_instruction_sets_that_a_machine_has_is_used() -> None:
    old = report(measurement(20, 24), on=hardware(cpu_model="Old"))
    modern = hardware(cpu_model="New").model_copy(update={"cpu_features": ("avx2", "avx512_bf16")})
    locked = locked_model(old, report(measurement(10, 12), on=modern))

    choices = choose(asked(max_replicas=1000, rate_rps=20), locked, MACHINE, SHIPPED, predict_by_formula)

    bases = {choice.machine: choice.speed.basis for choice in choices.feasible}
    assert "measured on New" in bases["c7i.xlarge"]
    only_old = choose(asked(instance_types=("c6i.xlarge",)), locked, MACHINE, SHIPPED, predict_by_formula)
    assert "measured on Old" in only_old.plan.chosen.speed.basis


def test_a_day_scales_between_its_bounds_and_is_expected_at_its_mean() -> None:
    chosen = choose(
        asked(traffic=DailyTraffic(lowest_rps=5, highest_rps=100), instance_types=("c7i.xlarge",)),
        LOCKED,
        MACHINE,
        SHIPPED,
    ).plan.chosen

    assert chosen.scaling.min_replicas < chosen.scaling.max_replicas
    assert chosen.usd_per_month is not None
    assert chosen.usd_per_month.minimum < chosen.usd_per_month.expected < chosen.usd_per_month.maximum
    # By hand: two points of 15 s, 525 s for the machine, 0.25 s to load and three calls of 12 ms, both at the slowest (x2).
    assert "until the scaler, 555.6 s late" in chosen.floor.basis
    assert "525 s for a machine, 0 s for the image, 0.5 s for the model, 0.1 s to warm up" in chosen.floor.basis
    assert "AWS machine learning blog, June 2026" in chosen.floor.basis


def test_a_ramp_faster_than_the_scaler_needs_its_replicas_beforehand() -> None:
    slow = RampTraffic(from_rps=1, to_rps=300, seconds=86_400)
    fast = RampTraffic(from_rps=1, to_rps=300, seconds=60)
    machine = ("c7i.xlarge",)

    floors = [
        choose(
            asked(traffic=ramp, rate_rps=300, sla_ms=500, instance_types=machine), LOCKED, MACHINE, SHIPPED
        ).plan.chosen.scaling
        for ramp in (slow, fast)
    ]

    assert floors[0].min_replicas < floors[1].min_replicas
    assert floors[0].max_replicas == floors[1].max_replicas


def test_fewer_replicas_than_the_ramp_needs_are_refused_with_the_number() -> None:
    ramp = RampTraffic(from_rps=1, to_rps=300, seconds=60)

    with pytest.raises(NoCapacity, match=r"`min_replicas` 1 is under the \d+ that must always run: at "):
        quick(asked(traffic=ramp, rate_rps=300, min_replicas=1))


def test_scale_to_zero_is_refused_where_nothing_wakes_a_replica() -> None:
    with pytest.raises(NoCapacity, match=r"SageMaker starts no replica for a request that finds none"):
        quick(asked(DeploymentTarget.SERVERLESS, min_replicas=0, traffic=DailyTraffic(lowest_rps=0, highest_rps=100)))


def test_more_replicas_than_needed_are_kept_where_they_are_asked_for() -> None:
    chosen = quick(asked(rate_rps=10, min_replicas=3)).plan.chosen

    assert (chosen.scaling.min_replicas, chosen.scaling.max_replicas) == (3, 3)


def test_bursts_take_at_least_as_many_replicas() -> None:
    machine = {"instance_types": ("c7i.xlarge",), "sla_ms": 150}
    steady = choose(asked(**machine), LOCKED, MACHINE, SHIPPED)  # type: ignore[arg-type]
    bursty = choose(asked(traffic=BurstyTraffic(rate_rps=100, variation=16), **machine), LOCKED, MACHINE, SHIPPED)  # type: ignore[arg-type]

    assert steady.plan.chosen.replicas.value < bursty.plan.chosen.replicas.value  # type: ignore[operator]


def test_this_machine_has_no_price_and_a_budget_of_it_cannot_be_checked() -> None:
    choices = quick(asked(DeploymentTarget.EMBEDDED, rate_rps=5))

    assert choices.plan.chosen.machine is None
    assert choices.plan.chosen.usd_per_month is None
    assert choices.plan.chosen.usd_per_hour.basis == "this machine is not rented; what it costs is not known"
    with pytest.raises(GoalUnreachable, match=r"a budget cannot be checked: this machine is not rented"):
        quick(asked(DeploymentTarget.EMBEDDED, rate_rps=5, usd_per_month=10))


def test_a_machine_that_was_never_measured_says_so() -> None:
    with pytest.raises(NoCapacity, match=r"was not measured; run `serving optimize`"):
        quick(asked(DeploymentTarget.EMBEDDED), hardware(cpu_model="Another"))


def test_the_other_targets_are_compared() -> None:
    found = {item.where: item for item in quick(asked()).elsewhere}

    assert set(found) == {"SageMaker", "Vertex AI", "this machine"}
    sagemaker = found["SageMaker"].best
    assert sagemaker is not None
    assert sagemaker.usd_per_month is not None
    assert found["Vertex AI"].best is None
    assert "no machine of vertex-ai-prediction has a price in us-central1" in found["Vertex AI"].why


def test_an_accelerator_that_is_asked_for_keeps_processors_out() -> None:
    request = asked()
    goal = request.endpoint.goal.model_copy(update={"accelerator": Accelerator.GPU})
    wanted = request.model_copy(update={"endpoint": request.endpoint.model_copy(update={"goal": goal})})

    with pytest.raises(NoCapacity):
        quick(wanted)


def test_a_target_that_is_no_fleet_is_refused() -> None:
    with pytest.raises(NoCapacity, match=r"use kubernetes, serverless or embedded"):
        quick(asked(DeploymentTarget.EDGE))


def test_an_empty_lock_is_refused() -> None:
    with pytest.raises(ArtifactError, match=r"holds no measurement of `minilm`; run `serving optimize`"):
        choose(asked(), locked_model(), MACHINE, SHIPPED)

"""`fleet-integrity` on a fleet that was chosen, and on each change of its record that matters."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE

from components.capacity.traffic import DailyTraffic
from components.tokens import EMBEDDED_ENDPOINT
from optimizers import lock
from optimizers.lock import LOCK_NAME, Lock
from optimizers.vocabulary import DeploymentTarget
from tests.support.recorded_fleets import MODEL, changed, chosen, found

DAY = DailyTraffic(lowest_rps=5, highest_rps=100)
RECORDED = chosen()
DAILY = chosen(traffic=DAY, usd_per_month=1e6, usd_per_1000_requests=1.0)
# What nothing else in the record, the prices or the lock tells: limits of the spec.
FREE = {"latency_sla_ms", "usd_per_month_budget", "usd_per_1000_requests_budget"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose policy pack is started in its own folder, as the engine does."""
    (tmp_path / "policies").mkdir()
    lock.write(tmp_path / LOCK_NAME, Lock(models={"minilm": MODEL}))
    monkeypatch.chdir(tmp_path / "policies")


def edited(path: str, value: object, recorded: dict[str, Any] = RECORDED) -> dict[str, Any]:
    return changed(path, value, recorded)


def numbers(part: dict[str, Any], under: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a record, by its path."""
    for name, value in part.items():
        if isinstance(value, dict):
            yield from numbers(value, f"{under}{name}.")
        elif type(value) in {int, float}:
            yield f"{under}{name}", value


@pytest.mark.parametrize(
    "recorded",
    [
        RECORDED,
        DAILY,
        chosen(DeploymentTarget.SERVERLESS, rate_rps=500, traffic=DailyTraffic(lowest_rps=5, highest_rps=500)),
        chosen(DeploymentTarget.EMBEDDED, rate_rps=5),
        chosen(min_replicas=9, spot=True),
        chosen(rate_rps=2000),
        chosen(target_utilization=1.0, sla_ms=10_000),
    ],
    ids=["peak", "daily", "serverless", "embedded", "spot", "large", "full"],
)
def test_a_chosen_fleet_passes(recorded: dict[str, Any]) -> None:
    assert found({"plan": recorded}) == []


@pytest.mark.parametrize("recorded", [RECORDED, DAILY], ids=["peak", "daily"])
def test_each_number_that_follows_from_others_is_caught_when_it_is_edited(recorded: dict[str, Any]) -> None:
    judged = [(path, value) for path, value in numbers(recorded) if path not in FREE and ".lag." not in path]
    passed = [
        f"{path}: {new}"
        for path, value in judged
        for new in (10 * value + 1, 0)
        if new != value and not found(edited(path, new, recorded))
    ]

    assert len(judged) > 20
    assert passed == []


@pytest.mark.parametrize("recorded", [RECORDED, DAILY], ids=["peak", "daily"])
def test_a_number_out_of_its_range_is_caught(recorded: dict[str, Any]) -> None:
    assert [
        f"{path}: {new}"
        for path, _value in numbers(recorded)
        for new in (-1, math.nan, math.inf)
        if not found(edited(path, new, recorded))
    ] == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("version", 9, "not readable at `version`"),
        ("lock", "../other.lock.json", "not readable at `lock`"),
        ("lock", "other.lock.json", "`minilm` is not in other.lock.json"),
        ("name", "other", "`other` is not in artifacts.lock.json"),
        ("throughput_rps", 1000, "1000 requests/s keep 5 servers busy to "),
        ("traffic.mean_rps", 200.0, "contradict each other"),
        ("chosen.where", "SageMaker", "not those of `SageMaker`"),
        ("chosen.machine", "p5.48xlarge", "machine p5.48xlarge is not what is rented"),
        ("chosen.machines.names", ["p5.48xlarge"], "is not what is rented, p5.48xlarge"),
        ("chosen.machines.count.maximum", 1000, "1000 machines at the maximum are not the "),
        ("chosen.scaling.max_replicas", 1, "over max_replicas 1"),
        ("chosen.floor.value", 0, "is not the recorded floor, 0"),
        ("chosen.replicas.value", "many", "whole numbers"),
        ("chosen.usd_per_month.maximum", 1.0, "is not that of "),
        ("chosen.usd_per_hour.value", 0.001, "usd_per_hour 0.001 is not the "),
        ("chosen.usd_per_1000_requests.value", 0.001, "usd_per_1000_requests 0.001 is not the None"),
        ("chosen.artifact.sha256", "0" * 64, "artifact digest 000000000000 is not the locked "),
        ("chosen.artifact.name", "tensorrt-fp16", "artifact `tensorrt-fp16` is not in artifacts.lock.json"),
        ("chosen.artifact.model_sha256", "0" * 64, "recorded otherwise than it is locked"),
        ("chosen.workers_per_machine", 50, "50 servers on each "),
        ("chosen.machines.region", "mars-1", "its price is unknown, which is not $0"),
    ],
)
def test_each_part_that_does_not_follow_is_named(path: str, value: object, words: str) -> None:
    assert words in "\n".join(found(edited(path, value)))


def test_the_machine_of_another_type_is_refused_by_its_price_even_where_both_names_say_so() -> None:
    record = edited("chosen.machine", "p5.48xlarge")
    record["plan"]["chosen"]["machines"]["names"] = ["p5.48xlarge"]

    assert any("usd_per_hour" in message or "price is unknown" in message for message in found(record))


def test_a_lock_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    lock.write(tmp_path / LOCK_NAME, Lock())

    assert found({"plan": RECORDED}) == [
        "minilm: `minilm` is not in artifacts.lock.json; run `serving optimize` and commit the lock"
    ]


def test_other_resources_are_not_its_concern() -> None:
    assert found({}, EMBEDDED_ENDPOINT) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("latency_sla_ms", 1, "over the SLA of 1 ms; let `serving up` plan it again"),
        ("chosen.p99_ms.value", 99_999, "p99 99999 ms, up to "),
        ("chosen.p99_high_ms", 99_999, ", up to 99999, is over the SLA of 200 ms"),
        ("chosen.scaling.min_replicas", 0, "min_replicas 0 is under"),
        ("chosen.scaling.min_replicas", 1000, "min_replicas 1000 is over max_replicas"),
        ("chosen.scaling.max_replicas", -5, "not readable at `chosen.scaling.max_replicas`"),
        ("usd_per_month_budget", 0.5, "over the budget of $0.50; it takes a `usd_per_month` of"),
        ("usd_per_1000_requests_budget", 1e-9, "cannot be checked: `throughput_rps` is a peak"),
        ("chosen", UNKNOWN_NUMBER_VALUE, "make the value known"),
        ("chosen.usd_per_month", {}, "not readable at `chosen.usd_per_month"),
    ],
)
def test_each_change_that_matters_is_refused_by_name(path: str, value: object, words: str) -> None:
    messages = found(edited(path, value))

    assert all(message.startswith("minilm: ") for message in messages)
    assert any(words in message for message in messages)


def test_a_budget_of_requests_is_judged_where_their_cost_is_known() -> None:
    record = edited("usd_per_1000_requests_budget", 0.001)
    record["plan"]["chosen"]["usd_per_1000_requests"]["value"] = 0.002

    message, *_contradictions = found(record)

    assert "over the budget of $0.001; it takes a `usd_per_1000_requests` of 0.002" in message


def test_a_budget_of_a_fleet_without_a_price_is_refused() -> None:
    record = edited("usd_per_month_budget", 1e6)
    record["plan"]["chosen"]["usd_per_month"] = None

    message, *_contradictions = found(record)

    assert "a budget cannot be checked" in message


def test_a_record_without_a_plan_is_refused() -> None:
    assert found({}) == ["minilm: no plan is recorded; create it through a model-serving component"]

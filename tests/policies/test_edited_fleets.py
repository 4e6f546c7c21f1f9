"""`fleet-integrity` on fleets whose record was edited in every place that depends on a number, so that its sums agree."""

import copy
from pathlib import Path
from typing import Any

import pytest

from components.capacity.prediction import Method
from components.capacity.traffic import BurstyTraffic, DailyTraffic, RampTraffic
from components.choice.lag import DeclaredLag
from optimizers import lock
from optimizers.lock import LOCK_NAME, Lock
from optimizers.vocabulary import DeploymentTarget
from tests.support.locked_model import hardware, measurement, report
from tests.support.recorded_fleets import MODEL, changed, chosen, found, priced, with_files, with_servers

RECORDED = chosen()
SERVERLESS = chosen(DeploymentTarget.SERVERLESS, rate_rps=500)
# A scaler that starts servers on idle machines, so that few of many run at night.
DAILY = chosen(
    rate_rps=1000,
    sla_ms=1000,
    traffic=DailyTraffic(lowest_rps=500, highest_rps=1000),
    lag=DeclaredLag(provisioning_s=0, image_pull_s=0),
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose policy pack is started in its own folder, as the engine does."""
    (tmp_path / "policies").mkdir()
    lock.write(tmp_path / LOCK_NAME, Lock(models={"minilm": MODEL}))
    monkeypatch.chdir(tmp_path / "policies")
    return tmp_path


@pytest.mark.parametrize("recorded", [RECORDED, SERVERLESS], ids=["kubernetes", "serverless"])
def test_a_fleet_of_fewer_servers_is_refused_however_well_its_sums_agree(recorded: dict[str, Any]) -> None:
    workers = recorded["chosen"]["workers"]

    assert workers > 3
    assert found({"plan": with_servers(recorded, workers)}) == []
    assert [fewer for fewer in range(1, workers) if not found({"plan": with_servers(recorded, fewer)})] == []


def test_a_fleet_that_would_be_too_busy_says_how_busy() -> None:
    (message,) = found({"plan": with_servers(RECORDED, 2)})

    assert "100 requests/s keep 2 servers busy to " in message
    assert " at the slowest, over the target of 70%; let `serving up` plan it again" in message


def test_a_speed_that_nobody_measured_is_refused_with_all_that_follows_from_it() -> None:
    faster = with_servers(RECORDED, 2)
    faster["chosen"]["speed"] = {"low": 1, "expected": 1, "high": 1, "basis": "measured on this machine"}

    assert any("speed.high x1 is not the x2 of what was measured" in message for message in found({"plan": faster}))


@pytest.mark.parametrize("traffic", [None, BurstyTraffic(rate_rps=100, variation=2)], ids=["constant", "bursts"])
def test_a_rate_that_never_changes_needs_the_replicas_of_its_peak_at_any_time(traffic: BurstyTraffic | None) -> None:
    fleet = chosen(traffic=traffic)
    fleet["chosen"]["floor"]["value"] = fleet["chosen"]["scaling"]["min_replicas"] = 1
    fleet["chosen"]["machines"]["count"].update(minimum=1)

    (message,) = found({"plan": priced(fleet)})

    assert "the floor is 1, and a rate that never changes needs the " in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"p99_ms.value": None, "p99_high_ms": 0}, "its p99 is unknown, and a fleet is chosen by it"),
        ({"p99_ms.value": 0, "p99_high_ms": 0}, "p99_ms 0.0 is not the "),
        ({"p99_ms.value": 150.0, "p99_high_ms": 150.0}, "p99_high_ms 150.0 is not the "),
        ({"method": "saturated"}, "method saturated is not the simulation of "),
        ({"method": None}, "method nothing is not the simulation of "),
        ({"lag": None}, "`lag` is missing, and the scaler of Kubernetes on "),
        ({"lag.provisioning_s.value": None}, "`lag.provisioning_s` is unknown"),
        ({"workers": None}, "`workers` or `max_batch_size` is not recorded"),
    ],
)
def test_a_response_or_a_lag_that_no_choice_predicts_is_refused(changes: dict[str, object], words: str) -> None:
    record = copy.deepcopy(RECORDED)
    for path, value in changes.items():
        record = changed(f"chosen.{path}", value, record)["plan"]

    assert any(words in message for message in found({"plan": record}))


def test_fewer_machines_than_carry_the_mean_rate_are_not_expected() -> None:
    fleet = copy.deepcopy(DAILY)
    count = fleet["chosen"]["machines"]["count"]
    assert count["expected"] > count["minimum"] + 0.1
    count["expected"] = float(count["minimum"])

    (message,) = found({"plan": priced(fleet)})

    assert "machines are expected, outside " in message


def test_traffic_that_nothing_is_planned_for_is_refused_without_a_traceback() -> None:
    (message,) = found(changed("traffic.variation", 1e9, RECORDED))

    assert "a variation of 1e+09 is over the 100 that is planned for" in message


@pytest.mark.parametrize(
    ("target", "rate_rps", "fields"),
    [
        (DeploymentTarget.KUBERNETES, 1, {"sla_ms": 60, "traffic": RampTraffic(from_rps=0, to_rps=1, seconds=600)}),
        (
            DeploymentTarget.KUBERNETES,
            30,
            {"max_batch_size": 32, "traffic": DailyTraffic(lowest_rps=29.7, highest_rps=29.7)},
        ),
        (DeploymentTarget.KUBERNETES, 40, {"traffic": BurstyTraffic(rate_rps=40, variation=16)}),
        (DeploymentTarget.SERVERLESS, 700, {"max_batch_size": 8, "sla_ms": 500}),
        (
            DeploymentTarget.SERVERLESS,
            300,
            {"min_replicas": 20, "traffic": DailyTraffic(lowest_rps=0, highest_rps=300)},
        ),
        (DeploymentTarget.EMBEDDED, 30, {"sla_ms": 500, "max_batch_size": 32}),
        (DeploymentTarget.EMBEDDED, 1, {"sla_ms": 60}),
    ],
)
def test_whatever_is_chosen_is_accepted(target: DeploymentTarget, rate_rps: int, fields: dict[str, Any]) -> None:
    assert found({"plan": chosen(target, rate_rps, **fields)}) == []


def test_a_lock_of_several_machines_with_batches_and_two_calls_is_followed(project: Path) -> None:
    two = measurement(12, 14).model_copy(update={"concurrency": 2, "throughput_rps": 2000 / 12})
    profile = (measurement(10, 12), measurement(25, 30, batch_size=8), two)
    reports = (report(*profile), report(measurement(20, 30), on=hardware(cpu_model="Another CPU")))
    model = with_files(MODEL.model_copy(update={"reports": {item.hardware.fingerprint: item for item in reports}}))
    lock.write(project / LOCK_NAME, Lock(models={"minilm": model}))

    for target, rate_rps in ((DeploymentTarget.KUBERNETES, 300), (DeploymentTarget.EMBEDDED, 20)):
        fleet = chosen(target, rate_rps, model=model, max_batch_size=16)
        assert found({"plan": fleet}) == []
        assert fleet["chosen"]["method"] == Method.SIMULATION

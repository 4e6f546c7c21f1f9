"""`fleet-integrity` on a fleet that was chosen, and on each change of its record that matters."""

import copy
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import ResourceValidationArgs
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, unknown_checking_proxy

from components.capacity.traffic import DailyTraffic
from components.choice.choose import choose
from components.tokens import EMBEDDED_ENDPOINT, SCALING_CONFIGURATION
from optimizers import lock
from optimizers.artifact import FileDigest
from optimizers.lock import LOCK_NAME, Lock, LockedModel
from optimizers.store import files_sha256
from optimizers.vocabulary import DeploymentTarget
from policies.fleet_integrity import fleet_integrity
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked

FILES = (FileDigest(path="model.bin", sha256="e" * 64, size_bytes=1_000_000),)
SHA256 = files_sha256(FILES)


def with_files(model: LockedModel) -> LockedModel:
    """The same model with an artifact whose digest is that of its files."""
    reports = {
        key: report.model_copy(
            update={
                "candidates": tuple(
                    item.model_copy(update={"artifact_sha256": SHA256}) if item.artifact_sha256 else item
                    for item in report.candidates
                )
            }
        )
        for key, report in model.reports.items()
    }
    artifacts = tuple(item.model_copy(update={"sha256": SHA256, "files": FILES}) for item in model.artifacts)
    return model.model_copy(update={"artifacts": artifacts, "reports": reports})


MODEL = with_files(LOCKED)
DAY = DailyTraffic(lowest_rps=5, highest_rps=100)


def chosen(
    target: DeploymentTarget = DeploymentTarget.KUBERNETES, rate_rps: int = 100, **fields: Any
) -> dict[str, Any]:
    return choose(asked(target, rate_rps=rate_rps, **fields), MODEL, MACHINE, SHIPPED).plan.recorded()


RECORDED = chosen()
DAILY = chosen(traffic=DAY, usd_per_month=1e6, usd_per_1000_requests=1.0)
# What nothing else in the record, the prices or the lock tells: limits of the spec, the unevenness of its traffic, and
# predictions of which only the SLA is an upper bound.
FREE = {
    "latency_sla_ms",
    "usd_per_month_budget",
    "usd_per_1000_requests_budget",
    "traffic.variation",
    "chosen.p99_ms.value",
    "chosen.p99_high_ms",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose policy pack is started in its own folder, as the engine does."""
    (tmp_path / "policies").mkdir()
    lock.write(tmp_path / LOCK_NAME, Lock(models={"minilm": MODEL}))
    monkeypatch.chdir(tmp_path / "policies")


def found(props: dict[str, Any], token: str = SCALING_CONFIGURATION) -> list[str]:
    messages = list[str]()
    args = ResourceValidationArgs(token, unknown_checking_proxy(props), "urn", "minilm", None, None, None)  # type: ignore[arg-type]
    fleet_integrity.validate(args, lambda message, _urn: messages.append(message))
    return messages


def changed(path: str, value: object, recorded: dict[str, Any] = RECORDED) -> dict[str, Any]:
    record = copy.deepcopy(recorded)
    *parents, last = path.split(".")
    part: Any = record
    for parent in parents:
        part = part[parent]
    part[last] = value
    return {"plan": record}


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
def test_each_number_that_follows_from_others_is_caught_when_it_is_changed(recorded: dict[str, Any]) -> None:
    judged = [(path, value) for path, value in numbers(recorded) if path not in FREE and ".lag." not in path]
    passed = [
        f"{path}: {new}"
        for path, value in judged
        for new in (10 * value + 1, 0)
        if new != value and not found(changed(path, new, recorded))
    ]

    assert len(judged) > 20
    assert passed == []


@pytest.mark.parametrize("recorded", [RECORDED, DAILY], ids=["peak", "daily"])
def test_a_number_out_of_its_range_is_caught(recorded: dict[str, Any]) -> None:
    assert [
        f"{path}: {new}"
        for path, _value in numbers(recorded)
        for new in (-1, math.nan, math.inf)
        if not found(changed(path, new, recorded))
    ] == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("version", 9, "not readable at `version`"),
        ("lock", "../other.lock.json", "not readable at `lock`"),
        ("lock", "other.lock.json", "`minilm` is not in other.lock.json"),
        ("name", "other", "`other` is not in artifacts.lock.json"),
        ("throughput_rps", 1000, "1000 requests/s are over the "),
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
    assert words in "\n".join(found(changed(path, value)))


def test_the_machine_of_another_type_is_refused_by_its_price_even_where_both_names_say_so() -> None:
    record = changed("chosen.machine", "p5.48xlarge")
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
        ("chosen.p99_ms.value", 99_999, "p99 99999 ms is over the SLA"),
        ("chosen.p99_high_ms", 99_999, "p99 99999 ms is over the SLA"),
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
    messages = found(changed(path, value))

    assert all(message.startswith("minilm: ") for message in messages)
    assert any(words in message for message in messages)


def test_a_budget_of_requests_is_judged_where_their_cost_is_known() -> None:
    record = changed("usd_per_1000_requests_budget", 0.001)
    record["plan"]["chosen"]["usd_per_1000_requests"]["value"] = 0.002

    message, *_contradictions = found(record)

    assert "over the budget of $0.001; it takes a `usd_per_1000_requests` of 0.002" in message


def test_a_budget_of_a_fleet_without_a_price_is_refused() -> None:
    record = changed("usd_per_month_budget", 1e6)
    record["plan"]["chosen"]["usd_per_month"] = None

    message, *_contradictions = found(record)

    assert "a budget cannot be checked" in message


def test_a_record_without_a_plan_is_refused() -> None:
    assert found({}) == ["minilm: no plan is recorded; create it through a model-serving component"]

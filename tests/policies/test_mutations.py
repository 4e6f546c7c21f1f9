"""Each policy catches each break of what its verdict depends on, alone, and raises no alarm on anything that is sound."""

import copy
import math
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import (
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy
from pydantic import ValidationError

from components.catalog.instance_type import CatalogRow
from components.catalog.prices_file import PRICES_NAME, read_catalog, render
from components.endpoint_plan import EndpointPlan
from components.tokens import EMBEDDED_ENDPOINT
from optimizers import lock
from optimizers.lock import LOCK_NAME
from policies.cost_settings import today
from policies.pack import ENDPOINT_POLICIES, FLEET_POLICIES, POLICIES, STACK_POLICIES
from policies.price_freshness import price_freshness
from tests.support.policy_fixtures import PLAN_FIXTURES, STACK_FIXTURES
from tests.support.policy_runs import violations
from tests.support.valid_plan import valid_gpu_plan, valid_lock, valid_plan

# What a plan without them means is fixed: the first format, the project's one lock, independent callers.
OPTIONAL = {"version", "lock", "traffic.variation"}
# A cosine may be negative and an error infinite; `artifact-integrity` holds both against the lock.
ANY_NUMBER = {"parity.value", "parity.threshold"}
endpoint_policies = pytest.mark.parametrize("policy", ENDPOINT_POLICIES, ids=lambda policy: policy.name)
stack_policies = pytest.mark.parametrize("policy", STACK_POLICIES, ids=lambda policy: policy.name)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose policy pack is started in its own folder, as the engine does."""
    (tmp_path / "policies").mkdir()
    lock.write(tmp_path / LOCK_NAME, valid_lock())
    monkeypatch.chdir(tmp_path / "policies")


def of_plan(policy: ResourceValidationPolicy, recorded: Any, config: dict[str, Any]) -> list[str]:
    found: list[str] = []
    props = unknown_checking_proxy({"plan": recorded})
    args = ResourceValidationArgs(EMBEDDED_ENDPOINT, props, "urn", "minilm", None, None, config)  # type: ignore[arg-type]
    policy.validate(args, lambda message, _urn: found.append(message))
    return found


def paths(part: Any, under: str = "") -> Iterator[str]:
    """Every field of a plan, parts and leaves."""
    for name, value in part.items():
        yield f"{under}{name}"
        if isinstance(value, dict):
            yield from paths(value, f"{under}{name}.")


def broken(value: Any, path: str, new: Any = None, *, remove: bool = False) -> Any:
    """Copy a value with one part of it replaced or removed; `~` in a path stands for a dot in a name."""
    changed = copy.deepcopy(value)
    *parents, last = (int(step) if step.isdigit() else step.replace("~", ".") for step in path.split("."))
    part = changed
    for step in parents:
        part = part[step]
    if remove:
        del part[last]
    else:
        part[last] = new
    return changed


def is_readable(recorded: Any) -> bool:
    try:
        EndpointPlan.model_validate(recorded)
    except ValidationError:
        return False
    return True


def test_every_policy_has_a_fixture_and_every_fixture_a_policy() -> None:
    assert {policy.name for policy in ENDPOINT_POLICIES} == PLAN_FIXTURES.keys()
    assert {policy.name for policy in STACK_POLICIES} == STACK_FIXTURES.keys()
    # Fleets have a test file of their own.
    fleets = {policy.name for policy in FLEET_POLICIES}
    assert {policy.name for policy in POLICIES} == PLAN_FIXTURES.keys() | STACK_FIXTURES.keys() | fleets


@endpoint_policies
def test_a_field_that_is_missing_unknown_or_of_another_type_is_caught_by_every_policy(
    policy: ResourceValidationPolicy,
) -> None:
    fixture = PLAN_FIXTURES[policy.name]
    recorded = valid_gpu_plan().recorded()
    passed = list[str]()
    for path in paths(recorded):
        mutants = {
            "unknown": broken(recorded, path, UNKNOWN_STRING_VALUE),
            "another type": broken(recorded, path, {"not": ["a", "value"]}),
            **({} if path in OPTIONAL else {"missing": broken(recorded, path, remove=True)}),
        }
        passed += [f"{path}: {kind}" for kind, mutant in mutants.items() if not of_plan(policy, mutant, fixture.config)]

    assert passed == []


@endpoint_policies
def test_a_number_out_of_its_range_is_caught_by_every_policy(policy: ResourceValidationPolicy) -> None:
    fixture = PLAN_FIXTURES[policy.name]
    recorded = valid_gpu_plan().recorded()
    numbers = [path for path in paths(recorded) if type(at(recorded, path)) in {int, float}]
    passed = [
        f"{path}: {value}"
        for path in numbers
        if path not in ANY_NUMBER
        for value in (-1, math.nan, math.inf)
        if not of_plan(policy, broken(recorded, path, value), fixture.config)
    ]

    assert passed == []


@endpoint_policies
def test_null_is_caught_by_every_policy_where_the_plan_cannot_do_without(policy: ResourceValidationPolicy) -> None:
    fixture = PLAN_FIXTURES[policy.name]
    recorded = valid_gpu_plan().recorded()
    nulled = {path: broken(recorded, path, None) for path in paths(recorded)}
    needed = {path: mutant for path, mutant in nulled.items() if not is_readable(mutant)}

    assert len(needed) > 50
    assert [path for path, mutant in needed.items() if not of_plan(policy, mutant, fixture.config)] == []


@endpoint_policies
def test_each_field_that_decides_the_verdict_is_caught_by_that_policy(policy: ResourceValidationPolicy) -> None:
    plan, config, breaks = PLAN_FIXTURES[policy.name]
    recorded = plan.recorded()

    assert breaks
    assert of_plan(policy, recorded, config) == []
    assert [
        f"{path}: {value}"
        for path, values in breaks.items()
        for value in values
        if not of_plan(policy, broken(recorded, path, value), config)
    ] == []


@pytest.mark.parametrize(
    "policy",
    # Its verdict depends on prices, which the test below breaks, and on no property of a resource alone.
    [policy for policy in STACK_POLICIES if policy is not price_freshness],
    ids=lambda policy: policy.name,
)
def test_each_property_that_decides_the_verdict_is_caught_by_that_policy(policy: StackValidationPolicy) -> None:
    resources, config, breaks = STACK_FIXTURES[policy.name]
    props = [item for _token, item in resources]

    assert breaks
    assert violations(policy, config, *resources) == []
    passed = list[str]()
    for path, values in breaks.items():
        for value in values:
            mutants = zip([token for token, _props in resources], broken(props, path, value), strict=True)
            passed += [] if violations(policy, config, *mutants) else [f"{path}: {value}"]
    assert passed == []


@pytest.mark.parametrize("as_of", [None, today() - timedelta(days=3651)], ids=["no date", "too old"])
@pytest.mark.parametrize("name", ["ml.g5.xlarge", "c5.xlarge", "g2-standard-4"])
def test_the_age_of_each_price_that_a_stack_uses_decides_freshness(
    name: str, as_of: date | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources, config, _breaks = STACK_FIXTURES[price_freshness.name]
    rows = read_catalog(None, today()).rows
    aged = [_aged(row, as_of) if row.instance.name == name else row for row in rows]
    unused = [_aged(row, as_of) if row.instance.name == "g5.48xlarge" else row for row in rows]

    assert aged != list(rows) != unused
    # A project each: prices are read once a process.
    for folder, prices in (("used", aged), ("unused", unused)):
        (tmp_path / folder / "policies").mkdir(parents=True)
        (tmp_path / folder / PRICES_NAME).write_bytes(render(prices))
    monkeypatch.chdir(tmp_path / "used" / "policies")
    (message,) = violations(price_freshness, config, *resources)
    assert ("no date is known" if as_of is None else "3651 days old, over the limit of 3650") in message
    monkeypatch.chdir(tmp_path / "unused" / "policies")
    assert violations(price_freshness, config, *resources) == []


@endpoint_policies
@pytest.mark.parametrize("plan", [valid_plan(), valid_gpu_plan()], ids=["cpu", "gpu"])
def test_no_policy_refuses_a_sound_plan(policy: ResourceValidationPolicy, plan: EndpointPlan) -> None:
    assert of_plan(policy, plan.recorded(), PLAN_FIXTURES[policy.name].config) == []


@stack_policies
@pytest.mark.parametrize("example", STACK_FIXTURES)
def test_no_policy_refuses_a_sound_stack(policy: StackValidationPolicy, example: str) -> None:
    config = STACK_FIXTURES[policy.name].config
    generous = {**config, **({"usd_per_month": 1e9} if "usd_per_month" in config else {})}

    assert violations(policy, generous, *STACK_FIXTURES[example].resources) == []


def _aged(row: CatalogRow, as_of: date | None) -> CatalogRow:
    return row.model_copy(update={"price": row.price.model_copy(update={"as_of": as_of})})


def at(recorded: Any, path: str) -> Any:
    for step in path.split("."):
        recorded = recorded[step]
    return recorded

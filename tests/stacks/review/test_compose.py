"""A review is a pure function of what the engine, the catalog and the policies said."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cost.month import UsdPerMonth
from components.tokens import EMBEDDED_ENDPOINT, SCALING_CONFIGURATION
from stacks.engine.marks import UNKNOWN
from stacks.review.endpoint_cells import endpoint_cells
from stacks.review.priced_stack import OwnedLine
from stacks.review.review import PolicyReview
from tests.support.reviews import PASSED, change, endpoint, line, plan, priced, recorded_plan, review, usd

GROUP = change("workers", "aws:eks/nodeGroup:NodeGroup", before={"size": 1}, after={"size": 2})
REFUSED = PolicyReview(policy="cost-budget", verdict="refused", rule="Cheap.", messages=("over; rent less",))
NOT_SET = PolicyReview(policy="cost-increase", verdict="not set", rule="Cheap.", messages=())
NOT_APPLICABLE = NOT_SET.model_copy(update={"verdict": "not applicable"})
WARNED = PolicyReview(policy="cost-warning", verdict="warned", rule="Cheap.", messages=("over",))

cents = st.integers(min_value=0, max_value=10**9).map(lambda amount: float(Decimal(amount) / 100))
amounts = st.builds(UsdPerMonth, minimum=cents, expected=cents, maximum=cents)
lines = st.lists(
    st.builds(lambda what, cost: line(GROUP, what, cost), st.sampled_from(("1 x a", "2 x a", "1 x b")), amounts),
    max_size=6,
)


def exact(items: list[OwnedLine], at: str) -> Decimal:
    return sum((Decimal(repr(getattr(item.line.usd_per_month, at))) for item in items), Decimal(0))


@given(lines, lines)
def test_a_change_is_after_less_before_to_the_cent(before: list[OwnedLine], after: list[OwnedLine]) -> None:
    made = review(GROUP, before=priced(*before), after=priced(*after))

    for at in ("minimum", "expected", "maximum"):
        expected = exact(after, at) - exact(before, at)
        assert Decimal(repr(getattr(made.cost.change, at))) == expected
        each = (Decimal(repr(getattr(item.usd_per_month_change, at))) for item in made.cost.lines)
        assert sum(each, Decimal(0)) == expected


@given(lines, lines)
def test_each_line_of_both_sides_is_shown_once(before: list[OwnedLine], after: list[OwnedLine]) -> None:
    shown = review(GROUP, before=priced(*before), after=priced(*after)).cost.lines

    assert sorted(map(repr, (item.before for item in shown if item.before))) == sorted(
        repr(item.line) for item in before
    )
    assert sorted(map(repr, (item.after for item in shown if item.after))) == sorted(repr(item.line) for item in after)


@given(lines, lines, st.sampled_from(("before", "after")), st.integers(min_value=0, max_value=6))
def test_one_unknown_price_makes_the_total_and_the_change_unknown(
    before: list[OwnedLine], after: list[OwnedLine], side: str, place: int
) -> None:
    sides = {"before": before, "after": after}
    sides[side].insert(place, line(GROUP, "1 x z9.huge", None, "z9.huge is not in the catalog"))

    made = review(GROUP, before=priced(*sides["before"]), after=priced(*sides["after"]))

    assert getattr(made.cost, side) is None
    assert made.cost.change is None
    assert made.headline.startswith("monthly cost unknown")
    assert any("z9.huge is not in the catalog" in sentence for sentence in made.unknown)
    (row,) = made.endpoints
    assert row.usd_per_month_change is None


@given(st.permutations((endpoint(after=plan()), GROUP, change("b", before={}, after={}))))
def test_the_rows_do_not_depend_on_the_order_of_the_engines_events(resources: Any) -> None:
    cost = priced(*(line(item, "1 x a", usd(1)) for item in resources if item.name != "minilm"))

    assert [row.name for row in review(*resources, after=cost).endpoints] == ["minilm", "b", "workers"]


def test_a_new_endpoint_has_nothing_before() -> None:
    (row,) = review(endpoint(after=plan())).endpoints

    assert (row.name, row.operation, row.planned, row.before) == ("minilm", "create", True, None)
    assert row.after is not None
    assert (row.after.platform, row.after.target, row.after.replicas) == ("bentoml", "embedded", "1")
    assert row.after.artifact_sha256 == "a" * 64
    assert row.after.latency_sla_ms == 100
    assert row.after.rented is False


def test_an_endpoint_that_changes_has_both_sides() -> None:
    (row,) = review(endpoint(plan(), plan(sla_ms=200))).endpoints

    assert row.before is not None
    assert row.after is not None
    assert (row.before.latency_sla_ms, row.after.latency_sla_ms) == (100, 200)


def test_a_plan_of_this_version_is_read() -> None:
    recorded = recorded_plan()

    made = review(endpoint(after=recorded))

    (row,) = made.endpoints
    assert row.after is not None
    assert (row.after.p99_ms, row.after.p99_high_ms, row.after.artifact) == (
        recorded["predicted"]["p99_ms"]["value"], recorded["predicted"]["p99_high_ms"]["value"], recorded["artifact"]["name"],
    )  # fmt: skip
    assert made.unknown == ()


def test_an_endpoint_shows_the_upper_end_of_its_p99_which_an_older_record_lacks() -> None:
    older = plan()
    del older["predicted"]["p99_high_ms"]

    made = review(endpoint(older, plan(p99_ms=30)))

    assert endpoint_cells(made.endpoints[0], str)[4] == "23.5 ms of 100 ms → 30 ms, up to 30.5, of 100 ms"
    assert "p99 30 ms, up to 30.5, of 100 ms" in made.headline
    assert made.unknown == ()


def test_the_headline_names_the_endpoint_whose_upper_end_is_nearest_to_its_sla() -> None:
    near = plan(p99_ms=30)
    near["predicted"]["p99_high_ms"]["value"] = 90

    made = review(endpoint(after=plan(p99_ms=60), name="calm"), endpoint(after=near, name="near"))

    assert "p99 30 ms, up to 90, of 100 ms (near)" in made.headline


def test_a_plan_of_another_version_is_read_as_far_as_it_is_shown() -> None:
    made = review(endpoint({**plan(), "new_field": 1, "version": 99}, plan()))

    assert made.endpoints[0].before == made.endpoints[0].after
    assert made.unknown == ()


@pytest.mark.parametrize(
    "old",
    [
        {}, [], "text", 3, UNKNOWN, {"plan": None}, {**plan(), "predicted": None}, {**plan(), "artifact": "onnx"},
        {**plan(), "latency_sla_ms": "soon"}, {**plan(), "parity": {"metric": "luck"}},
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_read_is_unknown(old: Any) -> None:
    made = review(endpoint(old, plan()))

    (row,) = made.endpoints
    assert row.before is not None
    assert (row.before.p99_ms, row.before.artifact_sha256, row.before.platform) == (None, None, None)
    assert row.after is not None
    assert row.after.platform == "bentoml"
    (sentence,) = made.unknown
    assert sentence.startswith("minilm: its recorded plan is of another version or not known yet: ")
    assert sentence.endswith("(now)")


def test_a_p99_that_cannot_be_predicted_is_told_with_its_reason() -> None:
    recorded = plan()
    recorded["predicted"]["p99_ms"] = {"value": None, "basis": "more requests than it can answer"}

    made = review(endpoint(after=recorded))

    assert made.unknown == ("minilm: its p99: more requests than it can answer (after)",)
    assert "p99 of minilm unknown" in made.headline


def test_a_fleet_is_a_row_with_its_machines_replicas_and_p99() -> None:
    chosen = {
        "target": "kubernetes", "machine": "c7i.xlarge", "replicas": {"value": 2, "basis": "the peak"},
        "scaling": {"min_replicas": 1, "max_replicas": 4}, "p99_ms": {"value": 31.0, "basis": "measured"}, "p99_high_ms": 62.5,
        "artifact": {"name": "onnx", "sha256": "a" * 64},
    }  # fmt: skip
    fleet = change("web", SCALING_CONFIGURATION, after={"plan": {"latency_sla_ms": 100, "chosen": chosen}})

    made = review(fleet, after=priced(line(fleet, "2 x c7i.xlarge", usd(93.0))))

    (row,) = made.endpoints
    assert row.planned
    assert row.after is not None
    assert (row.after.platform, row.after.target) == ("ScalingConfiguration", "kubernetes")
    assert (row.after.instances, row.after.replicas) == (("2 x c7i.xlarge",), "1 to 4")
    assert row.usd_per_month_change == usd(93.0)
    assert "p99 31 ms, up to 62.5, of 100 ms" in made.headline
    assert endpoint_cells(row, str)[4] == "31 ms, up to 62.5, of 100 ms"
    assert made.unknown == ()


def test_a_fleet_whose_plan_cannot_be_read_is_unknown() -> None:
    made = review(change("web", SCALING_CONFIGURATION, after={"plan": {}}))

    (sentence,) = made.unknown
    assert sentence.startswith("web: its recorded plan is of another version or not known yet: ")


def test_what_belongs_to_an_endpoint_is_in_its_row() -> None:
    parent = endpoint(after=plan())
    child = change("minilm-config", after={}, parent=parent.urn)
    beside = change("beside", after={})
    cost = priced(line(child, "2 x ml.g5.xlarge", usd(93.0)), line(beside, "1 x ml.m5.xlarge", usd(7.0)))

    made = review(parent, child, beside, after=cost)

    first, second = made.endpoints
    assert (first.name, first.type, first.usd_per_month_change) == ("minilm", EMBEDDED_ENDPOINT, usd(93.0))
    assert first.after is not None
    assert first.after.instances == ("2 x ml.g5.xlarge",)
    assert (second.name, second.planned, second.usd_per_month_change) == ("beside", False, usd(7.0))


def test_a_resource_that_costs_nothing_is_no_row() -> None:
    assert review(change("role", "aws:iam/role:Role", after={})).endpoints == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (usd(1500), usd(1593), "monthly cost +$93.00 (+6.2 %) at expected"),
        (usd(1593), usd(1500), "monthly cost -$93.00 (-5.8 %) at expected"),
        (None, usd(93), "monthly cost +$93.00 at expected"),
        (usd(93), None, "monthly cost -$93.00 (-100.0 %) at expected"),
        (usd(93), usd(93), "monthly cost unchanged at $93.00"),
        (usd(93), usd(93, maximum=200), "monthly cost unchanged at expected, +$107.00 at maximum"),
        (usd(0, maximum=9), usd(5, maximum=9), "monthly cost +$5.00 at expected"),
        (None, None, "nothing is rented"),
    ],
)
def test_the_headline_says_what_the_cost_does(before: Any, after: Any, said: str) -> None:
    sides = [priced() if cost is None else priced(line(GROUP, "1 x a", cost)) for cost in (before, after)]

    assert review(GROUP, before=sides[0], after=sides[1]).headline == f"{said}, every policy passes"


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ((REFUSED,), "1 policy refuses"),
        ((REFUSED, REFUSED, WARNED), "2 policies refuse, 1 policy warns"),
        ((WARNED, WARNED), "2 policies warn"),
        ((), "every policy passes"),
        ((PASSED, NOT_SET, NOT_SET), "every policy with a limit passes, 2 without one"),
        ((WARNED, NOT_SET), "1 policy warns"),
        ((PASSED, NOT_APPLICABLE), "every policy passes, 1 not applicable"),
        ((NOT_SET, NOT_APPLICABLE), "every policy with a limit passes, 1 without one, 1 not applicable"),
    ],
)
def test_the_headline_counts_what_does_not_pass(policies: tuple[PolicyReview, ...], said: str) -> None:
    made = review(policies=policies)

    assert made.headline == f"nothing is rented, {said}"
    assert made.refused is (REFUSED in policies)


def test_the_headline_names_the_endpoint_that_is_nearest_to_its_sla() -> None:
    made = review(endpoint(after=plan()), endpoint(after=plan(sla_ms=1000), name="roomy"))

    assert "p99 23.5 ms, up to 24, of 100 ms (minilm)" in made.headline


def test_the_age_of_the_prices_is_told() -> None:
    prices = review(GROUP, after=priced(line(GROUP, "1 x a", usd(1)))).prices

    assert (str(prices.oldest), str(prices.newest), prices.undated, prices.oldest_days) == (
        "2026-07-20", "2026-07-20", 0, 127,
    )  # fmt: skip


def test_what_differs_is_listed_by_path_and_the_engines_own_properties_are_not() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
    before = {"size": 1, "tags": {"a": "x", "b": "y"}, "types": ["t"], "__provider": "code", "key": "plain", "same": 1}
    after = {"size": UNKNOWN, "tags": {"a": "z"}, "types": ["t", "u"], "__provider": "other", "key": secret, "same": 1}

    (resource,) = review(change("r", before=before, after=after)).resources

    assert [(item.path, item.before, item.after) for item in resource.properties] == [
        ("key", "plain", "[secret]"),
        ("size", "1", "known after deployment"),
        ("tags.a", "x", "z"),
        ("tags.b", "y", None),
        ("types[1]", None, "u"),
    ]


BUCKET = change("models", "aws:s3/bucket:Bucket", after={})


def test_resources_that_nothing_prices_are_counted_and_never_called_free() -> None:
    provider = change("aws", "pulumi:providers:aws", after={})
    gone = change("old", "aws:s3/bucket:Bucket", before={})

    made = review(BUCKET, change("notes", "aws:sns/topic:Topic", after={}), provider, gone, GROUP)

    assert made.cost.not_priced == 2
    assert made.headline.startswith("nothing that is priced is rented")


def test_what_the_program_only_reads_is_none_of_them() -> None:
    assert review(replace(BUCKET, operation="read", read_before=True, read_after=True)).cost.not_priced == 0


def test_what_belongs_to_an_endpoint_is_none_of_them() -> None:
    parent = endpoint(after=plan())
    server = change("minilm-server", "pulumi-python:dynamic:Resource", after={}, parent=parent.urn)

    assert review(parent, server).cost.not_priced == 0


def test_resources_of_one_name_are_all_told() -> None:
    made = review(change("a", "x:i:X", after={}), change("a", "y:i:Y", before={}), change("b", "x:i:X", after={}))

    assert made.changed == {"x:i:X::a": "create", "y:i:Y::a": "delete", "b": "create"}
    assert sum(made.changes.values()) == len(made.changed) == len(made.resources)

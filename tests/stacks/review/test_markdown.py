"""The comment: what a reviewer reads, kept as files of which a pull request shows the difference."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from stacks.review.endpoint_cells import COLUMNS
from stacks.review.markdown import LONGEST, markdown, marker
from stacks.review.review import PolicyReview, Review
from tests.support.reviews import PASSED, change, endpoint, line, plan, priced, review, usd

COMMENTS = Path(__file__).with_name("comments")
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
# A lone surrogate is in no file.
UTF_8 = st.characters(codec="utf-8")
REFUSED = PolicyReview(
    policy="cost-budget",
    verdict="refused",
    rule="Cheap.",
    messages=("$2,055.68 a month at maximum is over $2,000.00; rent fewer machines, or raise `usd_per_month`",),
)


def silent(policy: str, verdict: str) -> PolicyReview:
    return PolicyReview(policy=policy, verdict=verdict, rule="", messages=())


def first_deployment() -> Review:
    return review(endpoint(after=plan()))


def dearer_and_refused() -> Review:
    one, two = {"productionVariants": [{"count": 1}]}, {"productionVariants": [{"count": 2}]}
    config = change("config", before=one, after=two)
    group = change("workers", NODE_GROUP, before={"size": 1}, after={"size": 1})
    workers = line(group, "1 to 4 x c5.xlarge", usd(124.10, 124.10, 496.40))
    return review(
        endpoint(plan(), plan(sla_ms=200)),
        config,
        group,
        before=priced(line(config, "1 x ml.g5.xlarge", usd(1027.84)), workers),
        after=priced(line(config, "2 x ml.g5.xlarge", usd(2055.68)), workers),
        policies=(REFUSED, PASSED, silent("cost-warning", "not set"), silent("latency-budget", "not applicable")),
    )


def unknown_cost() -> Review:
    gone, huge = change("gone", NODE_GROUP, before={"size": 1}), change("huge", NODE_GROUP, after={"size": 1})
    return review(
        gone,
        huge,
        endpoint({"version": 0}, plan()),
        before=priced(line(gone, "1 x c5.xlarge", usd(124.10))),
        after=priced(line(huge, "1 x z9.huge", None, "ec2 us-east-1 z9.huge is not in the shipped catalog")),
    )


def users_text() -> Review:
    name = "a|b\n@team <script> `x` #1"
    return review(change(name, after={}), after=priced(line(change(name, after={}), "1 x <b>", usd(1))), stack=name)


@pytest.mark.parametrize("made", [first_deployment, dearer_and_refused, unknown_cost, users_text])
def test_a_comment_is_the_one_that_is_kept(made: Callable[[], Review]) -> None:
    """`UPDATE_COMMENTS=1` writes the files anew; read the difference before you commit it."""
    path = COMMENTS / f"{made.__name__}.md"
    text = markdown(made())
    if os.environ.get("UPDATE_COMMENTS"):
        path.write_text(text)

    assert text == path.read_text()


def test_the_same_review_gives_the_same_bytes() -> None:
    assert markdown(dearer_and_refused()).encode() == markdown(dearer_and_refused()).encode()


def test_the_first_line_names_the_stack_for_the_next_run() -> None:
    assert markdown(first_deployment()).splitlines()[0] == marker("dev", "")


@given(st.text(UTF_8, min_size=1), st.text(UTF_8))
def test_the_marker_is_one_comment_whatever_stack_and_folder_are_called(stack: str, folder: str) -> None:
    line = marker(stack, folder)

    assert line.index("-->") == len(line) - 3
    assert "\n" not in line


@given(st.lists(st.tuples(st.text(UTF_8, min_size=1), st.text(UTF_8)), min_size=2, max_size=2, unique=True))
def test_no_two_stacks_or_folders_share_a_marker(places: list[tuple[str, str]]) -> None:
    first, second = (marker(*place) for place in places)

    assert not first.startswith(second)


def test_a_project_that_is_not_at_the_repository_s_root_says_where_it_is() -> None:
    text = markdown(first_deployment().model_copy(update={"folder": "services/a"}))

    assert text.splitlines()[0] == marker("dev", "services/a")
    assert "### ✅ dev in services/a: " in text


@settings(max_examples=6)
@given(
    resources=st.integers(min_value=0, max_value=300),
    properties=st.integers(min_value=0, max_value=10),
    length=st.integers(min_value=1, max_value=1500),
)
def test_a_comment_is_never_longer_than_github_takes_and_says_what_it_leaves_out(
    resources: int, properties: int, length: int
) -> None:
    text = "|" * length
    before, after = ({f"p{number}": f"{text}{side}" for number in range(properties)} for side in "ab")
    items = [change(f"r{number}{text}", before=before, after=after) for number in range(resources)]
    cost = priced(*(line(item, text, None, text) for item in items))
    policies = tuple(
        PolicyReview(policy="p", verdict="refused", rule=text, messages=(text,) * 9) for _ in range(resources)
    )

    made = review(*items, before=cost, after=cost, policies=policies)
    comment = markdown(made)

    assert len(comment) <= LONGEST
    assert marker("dev", "") in comment
    if f"r{resources - 1}\\|" not in comment and resources:
        assert "left out: GitHub takes at most 65,536 characters" in comment


def test_what_is_left_out_leaves_the_tables_whole() -> None:
    items = [change(f"r{number}", before={"a": 1}, after={"a": 2}) for number in range(1500)]

    tokens = MarkdownIt("commonmark").enable("table").parse(markdown(review(*items, after=priced(
        *(line(item, "1 x a", usd(1)) for item in items)
    ))))  # fmt: skip

    rows = [token for token in tokens if token.type == "tr_open"]
    assert 5 * len(COLUMNS) < len(rows) < 1500


def test_what_is_to_be_known_beside_the_sum_stands_under_the_costs() -> None:
    group = change("workers", NODE_GROUP, after={"size": 1})
    after = priced(line(group, "2 x c5.xlarge", usd(248.20))).model_copy(update={"remarks": ("workers: half | idle",)})

    comment = markdown(review(group, after=after))

    assert comment.index("Cost, line by line") < comment.index("- workers: half \\| idle\n")


def test_a_stack_of_resources_that_nothing_prices_is_not_called_free() -> None:
    text = markdown(review(*(change(name, "aws:s3/bucket:Bucket", after={}) for name in ("a", "b"))))

    assert text.count("2 resources are of types that nothing here prices; what they cost is not counted.") == 2
    assert "paid for" not in text

"""`serving preview --markdown FILE --json FILE` with the real engine and an endpoint of ours."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stacks.review.markdown import marker
from stacks.review.markdown_text import plain
from stacks.review.review_schema import review_schema
from tests.support.checkout import Checkout, Finished, finished
from tests.support.optimized_checkout import make_optimized_checkout

pytestmark = pytest.mark.integration


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_optimized_checkout(tmp_path)


def previewed(checkout: Checkout) -> tuple[Finished, Any, str]:
    """Preview; return what the command said, the document and the comment."""
    result = finished(checkout.start("preview", "--json", "out.json", "--markdown", "out.md"))
    document = json.loads((checkout.root / "out.json").read_text())
    jsonschema.validate(document, review_schema())
    return result, document, (checkout.root / "out.md").read_text()


def test_a_first_preview_of_our_endpoint(checkout: Checkout) -> None:
    result, document, comment = previewed(checkout)

    assert result.code == 0, result.err
    assert result.out.startswith("Plan of `small`")
    (row,) = document["endpoints"]
    plan = document["plan"]
    assert (row["name"], row["operation"], row["before"]) == ("small", "create", None)
    assert row["after"]["artifact_sha256"] == plan["artifact"]["sha256"]
    assert row["after"]["p99_ms"] == plan["predicted"]["p99_ms"]["value"]
    assert document["changes"] == {"create": 2}
    assert document["unknown"] == []
    assert comment.splitlines()[0] == marker("local", "")
    assert f"| small (new) | bentoml on embedded | {plain(row['after']['instances'][0])} |" in comment
    assert document["headline"] in result.out

    alone = checkout.serving("preview", "--json")
    assert alone.document == document
    assert checkout.serving("preview", "--json", "-").document == document


def test_a_policy_that_refuses_is_when_a_reviewer_needs_the_files(checkout: Checkout) -> None:
    checkout.spec(serving_context={"latency_sla_ms": 3})

    result, document, comment = previewed(checkout)

    assert result.code == 3, result.err
    assert document["refused"] is True
    assert "❌ **latency-budget** refused" in comment
    assert "of 3 ms" in document["headline"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["--markdown", "no/such/out.md"], "there is no folder `no/such`"),
        (["--json", "no/out.json"], "there is no folder `no`"),
        (["--json", "stacks"], "it is a folder"),
        (["--json", "out", "--markdown", "out"], "writes the same file"),
    ],
)
def test_a_file_that_cannot_be_written_is_one_clear_error_before_the_engine_starts(
    checkout: Checkout, arguments: list[str], rule: str
) -> None:
    result = checkout.serving("preview", *arguments)

    assert result.code == 2
    assert rule in result.err
    assert "engine:" not in result.err
    assert result.out == ""

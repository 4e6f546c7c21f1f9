"""The form of a review is a contract with those who read the document."""

import json
from pathlib import Path

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from stacks.review.review_schema import review_schema
from tests.support.reviews import change, endpoint, line, plan, priced, review, usd

COMMITTED = Path(__file__).parents[2] / "docs/review.schema.json"


def test_the_committed_schema_is_this_versions() -> None:
    """`serving schema --review --out docs/review.schema.json` writes it."""
    assert json.loads(COMMITTED.read_text()) == review_schema()


def test_the_schema_is_valid_and_accepts_a_review_with_everything_in_it() -> None:
    Draft202012Validator.check_schema(review_schema())
    group = change("workers", before={"size": 1}, after={"size": 2})
    made = review(
        endpoint(plan(), plan(sla_ms=200)), endpoint({}, plan(), name="old"), group,
        before=priced(line(group, "1 x a", usd(1.0))), after=priced(line(group, "1 x z", None, "nobody knows")),
    )  # fmt: skip

    jsonschema.validate(json.loads(made.model_dump_json()), review_schema())


@pytest.mark.parametrize("field", ["version", "headline", "refused", "cost", "changes", "policies", "unknown"])
def test_a_reader_may_rely_on_every_field(field: str) -> None:
    document = json.loads(review().model_dump_json())
    del document[field]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, review_schema())

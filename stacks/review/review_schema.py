"""The JSON Schema of a review, for those who read the document by program."""

from typing import Any

from stacks.review.review import REVIEW_VERSION, Review
from stacks.stack_schema import DRAFT


def review_schema() -> dict[str, Any]:
    """Return the schema of what `serving preview --json` writes."""
    schema = Review.model_json_schema(mode="serialization")
    schema["properties"]["version"]["const"] = REVIEW_VERSION
    return {"$schema": DRAFT, **schema, "title": "model-serving review of a preview"}

"""`docs/models.md` has a snippet for each format, and each is a spec."""

import re
from pathlib import Path

import pytest
import yaml

from optimizers.vocabulary import ModelFormat
from stacks.spec import ServingSpec

PAGE = (Path(__file__).parents[2] / "docs/models.md").read_text()
SNIPPETS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_is_a_spec(snippet: str) -> None:
    ServingSpec.model_validate({"task_type": "optimize_inference", **yaml.safe_load(snippet)})


def test_every_format_has_a_snippet() -> None:
    named = {yaml.safe_load(snippet)["serving_context"]["model_format"] for snippet in SNIPPETS}

    assert named == set(ModelFormat)

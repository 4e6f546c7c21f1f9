"""Which limits a stack sets; a file that breaks the schema names every value, rule and fix before the engine runs."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from optimizers.errors import InvalidArgs
from policies.pack import POLICIES
from stacks.policy_config import configured_policies
from stacks.policy_schema import policy_schema
from stacks.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "stacks").mkdir()
    return Project(tmp_path)


def test_a_stack_without_a_file_sets_no_limit(project: Project) -> None:
    assert configured_policies(project, "local") == {}


def test_the_policies_of_the_file_are_set_for_its_stack_alone(project: Project) -> None:
    project.policy_config_path("prod").write_text('{"cost-budget": {"usd_per_month": 5}, "cost-warning": {}}')

    assert configured_policies(project, "prod") == {"cost-budget": {"usd_per_month": 5}, "cost-warning": {}}
    assert configured_policies(project, "dev") == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "text that is not JSON"),
        ("\xff", "text that is not JSON"),
        ("[" * 100_000, "text that is not JSON; values nested too deeply to read"),
        ('{"cost-budget": {"usd_per_month": ' + "[" * 5_000 + "]" * 5_000 + "}}", "values nested too deeply to read"),
        ('{"cost-budget": {"usd_per_month": 10, "usd_per_month": 100000}}', "`usd_per_month` twice in one object, set to `10` and to `100000`; a field is set once; remove one of the two"),
        ('{"cost-budget": {}, "cost-budget": {"usd_per_month": 5}}', '`cost-budget` twice in one object, set to `{}` and to `{"usd_per_month": 5}`'),
        ("[]", "a policy is followed by an object"),
        ('{"cost-budget": {"usd_per_month": "5"}}', 'cost-budget.usd_per_month: got `"5"`; it must be a number'),
        ('{"cost-budget": {"usd_per_month": 0}}', "cost-budget.usd_per_month: got `0`; it must be above 0.0; use more than 0.0"),
        ('{"cost-budget": {"usd_per_month": NaN}}', "cost-budget.usd_per_month: got"),
        ('{"cost-budget": {"usd_per_moth": 5}}', "there is no such field; did you mean `usd_per_month`?"),
        ('{"cost-budget": {"at": "most"}}', 'cost-budget.at: got `"most"`; it must be one of'),
        ('{"latency-budget": {"p99_ms": 5}}', "latency-budget.p99_ms: got `5`; there is no such field; remove it"),
        ('{"latency-budget": {"enforcementLevel": "must"}}', "it must be one of advisory, mandatory, disabled"),
        ('{"latency-budget": {"enforcementLevel": ["advisory"]}}', "it must be one of advisory, mandatory, disabled"),
        ('{"cost-budget": 500}', 'a policy is followed by an object, as in `{"cost-budget": {"usd_per_month": 500}}`'),
        ('{"cost-budgt": {}}', "write `cost-budget`"),
        ('{"cost-budget": {"usd_per_month": 9}, "cost-warning": {"usd_per_month": 10}}', "cost-warning.usd_per_month: got `10`"),
        ('{"xyz": {}}', "the policies are latency-budget"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_by_name(project: Project, content: str, said: str) -> None:
    project.policy_config_path("local").write_bytes(content.encode("latin-1"))

    with pytest.raises(InvalidArgs) as caught:
        configured_policies(project, "local")

    assert "stacks/policies.local.json" in str(caught.value)
    assert said in str(caught.value)


def test_every_broken_rule_is_named_at_once(project: Project) -> None:
    content = {"xyz": {}, "cost-budget": {"usd_per_month": -1, "at": 3}, "price-freshness": {"oldest_days": 1.5}}
    project.policy_config_path("local").write_text(json.dumps(content))

    with pytest.raises(InvalidArgs) as caught:
        configured_policies(project, "local")

    paths = [issue.path for issue in caught.value.issues]
    assert paths == ["xyz", "cost-budget.at", "cost-budget.usd_per_month", "price-freshness.oldest_days"]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"cost-budget": {"usd_per_month": 5, "at": "minimum", "region": "us-east-1"}},
        {"cost-budget": {"usd_per_month": "5"}},
        {"cost-budget": {"usd_per_month": 0}},
        {"cost-budget": {"usd_per_month": None}},
        {"cost-budget": {"usd_per_moth": 5}},
        {"cost-budget": 5},
        {"price-freshness": {"oldest_days": 1.5}},
        {"xyz": {}},
        {"latency-budget": {"enforcementLevel": "advisory"}},
        {"latency-budget": {"enforcementLevel": "remediate"}},
    ],
)
def test_the_schema_and_the_check_before_the_engine_agree(project: Project, content: dict[str, Any]) -> None:
    project.policy_config_path("local").write_text(json.dumps(content))
    validator = jsonschema.Draft202012Validator(policy_schema())
    is_valid = validator.is_valid(content)

    try:
        configured_policies(project, "local")
        accepted = True
    except InvalidArgs:
        accepted = False

    assert accepted is is_valid


def test_the_schema_names_every_policy_and_describes_every_field() -> None:
    schema = policy_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    assert list(schema["properties"]) == [policy.name for policy in POLICIES]
    for policy in schema["properties"].values():
        assert all(field["description"] for field in policy["properties"].values())

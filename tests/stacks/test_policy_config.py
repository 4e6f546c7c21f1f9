"""Which limits a stack sets; a file that cannot be read says what to write."""

from pathlib import Path

import pytest

from optimizers.errors import InvalidArgs
from stacks.policy_config import configured_policies
from stacks.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "stacks").mkdir()
    return Project(tmp_path)


def test_a_stack_without_a_file_sets_no_limit(project: Project) -> None:
    assert configured_policies(project, "local") == frozenset()


def test_the_policies_of_the_file_are_set_for_its_stack_alone(project: Project) -> None:
    project.policy_config_path("prod").write_text('{"cost-budget": {"usd_per_month": 5}, "cost-warning": {}}')

    assert configured_policies(project, "prod") == {"cost-budget", "cost-warning"}
    assert configured_policies(project, "dev") == frozenset()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "text that is not JSON"),
        ("\xff", "text that is not JSON"),
        ("[]", "a policy is followed by an object"),
        ('{"cost-budget": 500}', 'a policy is followed by an object, as in `{"cost-budget": {"usd_per_month": 500}}`'),
        ('{"cost-budgt": {}}', "write `cost-budget`"),
        ('{"xyz": {}}', "the policies are latency-budget"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(project: Project, content: str, said: str) -> None:
    project.policy_config_path("local").write_bytes(content.encode("latin-1"))

    with pytest.raises(InvalidArgs) as caught:
        configured_policies(project, "local")

    assert "stacks/policies.local.json" in str(caught.value)
    assert said in str(caught.value)

"""What a change costs more than what runs: the real engine, its state from an `up`, and the real policy pack."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from stacks.engine.locate import locate_engine
from stacks.engine.run import StackRun
from stacks.engine.run_result import RunResult
from stacks.project import Project
from tests.integration.conftest import SMALL
from tests.integration.test_stack_policies import PROGRAM
from tests.support.checkout import make_checkout
from tests.support.plain_preview import make_plain_stack
from tests.support.raw_resources import (
    Resource,
    endpoint_configuration,
    node_group,
    serverless,
    variant,
    vertex_pool,
)
from tests.support.recording_provider import CreatingProvider, clouds

pytestmark = pytest.mark.integration

# $1,027.84 a month, and two of them.
ONE_G5, TWO_G5 = (endpoint_configuration(variant("ml.g5.xlarge", number)) for number in (1, 2))
INCREASE = {"cost-increase": {"usd_per_month": 500, "percent": 50}}


@pytest.fixture(scope="module")
def provider() -> Generator[str]:
    with clouds(CreatingProvider) as addresses:
        yield addresses


class Stack:
    """A checkout whose program makes the resources that a test names."""

    def __init__(self, folder: Path) -> None:
        make_checkout(folder, SMALL)
        (folder / "stacks/__main__.py").write_text(PROGRAM)
        self.project = Project(folder)

    def run(self, config: dict[str, Any], *resources: Resource) -> StackRun:
        (self.project.root / "stacks/resources.json").write_text(json.dumps(resources))
        self.project.policy_config_path("local").write_text(json.dumps(config))
        return StackRun(self.project, "local", locate_engine(print))

    def preview(self, config: dict[str, Any], *resources: Resource) -> RunResult:
        return self.run(config, *resources).preview()


@pytest.fixture
def stack(tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", provider)
    for inherited in ("PULUMI_BACKEND_URL", "PULUMI_HOME"):
        monkeypatch.delenv(inherited, raising=False)
    return Stack(tmp_path)


def test_a_change_is_compared_with_what_an_up_has_made(stack: Stack) -> None:
    assert stack.preview({"cost-increase": {"usd_per_month": 1027.84}}, ONE_G5).refused == ()
    assert stack.run({}, ONE_G5).up().changes["create"] > 0

    refused = stack.preview(INCREASE, TWO_G5).refused

    assert refused == (
        (
            "cost-increase: $1,027.84 a month more at maximum ($1,027.84 -> $2,055.68) is over the $500.00 allowed; "
            "change less, or raise `usd_per_month`"
        ),
        (
            "cost-increase: 100 % more, $1,027.84 a month more at maximum ($1,027.84 -> $2,055.68), is over the 50 % "
            "allowed; change less, or raise `percent`"
        ),
    )
    assert stack.preview(INCREASE, ONE_G5).refused == ()
    assert json.loads(stack.project.policy_config_path("local").read_text()) == INCREASE

    warned = stack.preview({"cost-increase-warning": {"percent": 50}}, TWO_G5)
    assert warned.refused == ()
    assert [(item.policy, item.mandatory) for item in warned.policies] == [("cost-increase-warning", False)]


def test_a_first_deployment_is_an_increase_over_nothing(stack: Stack) -> None:
    (message,) = stack.preview({"cost-increase": {"usd_per_month": 1000}}, ONE_G5).refused

    assert "$1,027.84 a month more at maximum ($0.00 -> $1,027.84) is over the $1,000.00 allowed" in message


def test_what_runs_without_a_price_is_refused(stack: Stack) -> None:
    stack.run({}, node_group(["g9.huge"], 1, 1, 1)).up()

    (message,) = stack.preview(INCREASE, ONE_G5).refused

    assert "what runs now costs an unknown sum (r0: 1 x g9.huge: ec2 us-east-1 g9.huge is not in" in message


def test_plain_pulumi_with_a_limit_fails_closed(tmp_path: Path, provider: str) -> None:
    stack = make_plain_stack(make_checkout(tmp_path, SMALL), PROGRAM, provider)

    result = stack.preview(INCREASE, resources=[ONE_G5])

    assert result.code != 0
    assert "what runs now costs an unknown sum, so the increase cannot be checked; use `serving preview`" in result.out


def test_vertex_ai_and_serverless_are_judged(stack: Stack) -> None:
    usage = {"requests_per_month": 1_000_000, "seconds_per_request": 0.25}
    budget = {"cost-budget": {"usd_per_month": 400, **usage}}

    (message,) = stack.preview(budget, serverless(2048, 4)).refused
    assert (
        "$420.48 a month at maximum is over $400.00; the dearest is r0, variant `main`: 2 GB of serverless" in message
    )

    (message,) = stack.preview(budget, vertex_pool("n1-standard-4", 1, 2)).refused
    assert "r0: 1 to 2 x n1-standard-4: vertex-ai-prediction us-central1 n1-standard-4 is not in" in message

"""The literal `pulumi` commands of the README, with the environment of `serving engine --export`."""

import json
import subprocess

import httpx
import psutil
import pytest

from components.embedded.process import server_processes
from tests.support.checkout import ROOT, SERVING, TIMEOUT_S, Checkout, Finished
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.integration


def shell(checkout: Checkout, line: str) -> Finished:
    """Run a line of bash after the line that the README tells to type."""
    program = f'eval "$("{SERVING}" engine --export)"\n{line}'
    result = subprocess.run(
        ["bash", "-euc", program], cwd=checkout.root, env=checkout.environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    return Finished(code=result.returncode, out=result.stdout, err=result.stderr)


def pulumi(checkout: Checkout, arguments: str) -> str:
    """Run `pulumi` on the stack that is selected; return what it printed."""
    result = shell(checkout, f"pulumi {arguments} --color never")
    assert result.code == 0, result.out + result.err
    return result.out


def started(checkout: Checkout) -> list[psutil.Process]:
    return server_processes(checkout.root / ".model-serving/run/local/small")


def test_a_stack_lives_under_plain_pulumi_and_under_serving_alike(small: Checkout) -> None:
    assert shell(small, "pulumi stack select --create local").code == 0
    assert "+ 3 to create" in pulumi(small, "preview")
    assert started(small) == []

    shown = pulumi(small, "up --yes")
    assert "+ 3 created" in shown
    assert small.url in shown
    answer = httpx.post(f"{small.url}/predict", json={"inputs": [[0.5] * 64]}, timeout=PATIENCE_S)
    assert len(answer.json()[0]) == 64
    processes = started(small)
    assert processes

    assert "3 unchanged" in pulumi(small, "preview")
    assert "3 unchanged" in pulumi(small, "refresh --yes")
    outputs = json.loads(shell(small, "pulumi stack output --json").out)
    assert set(outputs) == {"deployment_config", "optimization_report", "scaling_policy"}
    assert small.serving("outputs", "--json").document == outputs

    same = small.serving("up", "--json")
    assert same.code == 0, same.err
    assert same.document["changes"] == {"same": 2}
    assert started(small) == processes

    assert "- 3 deleted" in pulumi(small, "destroy --yes")
    _, left = psutil.wait_procs(processes, timeout=PATIENCE_S)
    assert left == []
    assert started(small) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{small.url}/readyz")


def test_plain_pulumi_takes_over_what_serving_deployed(small: Checkout) -> None:
    assert small.serving("up").code == 0
    processes = started(small)

    assert "3 unchanged" in pulumi(small, "up --yes")
    assert started(small) == processes


def test_the_policy_pack_passes_a_plan_within_its_budget_and_refuses_one_beyond(small: Checkout) -> None:
    assert shell(small, "pulumi stack select --create local").code == 0
    accepted = pulumi(small, "preview --policy-pack policies")
    assert "policies" in accepted.lower()
    assert "[mandatory]" not in accepted

    small.spec(serving_context={"latency_sla_ms": 1})
    refused = shell(small, "pulumi preview --policy-pack policies --color never")

    assert refused.code != 0
    assert "[mandatory]" in refused.out
    assert "latency-budget" in refused.out
    assert "is over the SLA of 1 ms" in refused.out


def test_a_spec_that_breaks_rules_is_told_by_plain_pulumi_as_by_serving(small: Checkout) -> None:
    assert shell(small, "pulumi stack select --create local").code == 0
    small.spec(serving_context={"latency_sla_ms": 0, "throughput_rps": 0})

    refused = shell(small, "pulumi preview --color never")

    assert refused.code != 0
    sentence = small.serving("validate").err.removeprefix("error: ").strip()
    assert sentence.startswith("2 problems in stacks/Pulumi.local.yaml\n")
    told = [line.strip() for line in refused.out.partition("Diagnostics:")[2].splitlines()]
    assert told.count(f"error: {sentence.splitlines()[0]}") == 1
    assert all(line.strip() in told for line in sentence.splitlines()[1:])
    assert "Traceback" not in refused.out


def test_the_lines_of_the_readme_run_as_they_stand(small: Checkout) -> None:
    section = (ROOT / "README.md").read_text().partition("## Plain Pulumi")[2]
    lines = section.split("```")[1].strip()
    assert lines.startswith('eval "$(.venv/bin/serving engine --export)"\n')

    result = subprocess.run(
        ["bash", "-euc", lines], cwd=small.root, env=small.environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 created" in result.stdout
    assert "3 deleted" in result.stdout
    assert started(small) == []


def test_a_spec_that_the_lock_was_not_built_for_is_refused_by_both(small: Checkout) -> None:
    assert shell(small, "pulumi stack select --create local").code == 0
    small.spec(optimization={"threads": 1})

    refused = shell(small, "pulumi preview --color never")
    ours = small.serving("preview")

    assert refused.code != 0
    assert ours.code == 5
    for said in (refused.out, ours.err):
        assert (
            "`small` was built for another spec (`threads` is `1`, in the lock not set); run `serving optimize`" in said
        )

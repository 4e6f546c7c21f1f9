"""From `dev` over `staging` to `prod`, with real servers: the same digest goes on, or nothing does."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.embedded.process import server_processes
from optimizers import lock
from optimizers.store import ArtifactStore
from tests.support.checkout import SERVING, TIMEOUT_S, Checkout, Finished
from tests.support.optimized_checkout import make_optimized_checkout
from tests.support.patience import PATIENCE_S
from tests.support.served_artifact import small_artifact
from tests.support.stacks_of_a_checkout import SOURCES, add_stacks, change_spec

pytestmark = pytest.mark.integration

INVALID, REFUSED, UNUSABLE, UNHEALTHY = 2, 3, 5, 7
STAGING = "artifacts.staging.lock.json"


class Stages:
    """A checkout with the stacks dev, staging and prod."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.root = checkout.root
        self.ports = add_stacks(checkout)

    def serving(self, *arguments: str) -> Finished:
        return self.checkout.serving(*arguments)

    def up(self, stack: str) -> dict[str, Any]:
        result = self.serving("up", "--stack", stack, "--json")
        assert result.code == 0, result.err
        document: dict[str, Any] = result.document
        return document

    def promote(self, source: str, target: str) -> dict[str, Any]:
        result = self.serving("promote", source, target, "--yes", "--json")
        assert result.code == 0, result.err
        document: dict[str, Any] = result.document
        return document

    def answer(self, stack: str) -> list[float]:
        response = httpx.post(
            f"http://127.0.0.1:{self.ports[stack]}/predict", json={"inputs": [[0.5] * 64]}, timeout=PATIENCE_S
        )
        (row,) = response.raise_for_status().json()
        values: list[float] = row
        return values

    def served(self, stack: str) -> str:
        """The digest that the stack's server was started with."""
        content = json.loads((self.root / f".model-serving/run/{stack}/small/config.json").read_text())
        digest: str = content["artifact_sha256"]
        return digest

    def processes(self, stack: str) -> list[Any]:
        return list(server_processes(self.root / f".model-serving/run/{stack}/small"))

    def locks(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.root.glob("*.lock.json"))}


@pytest.fixture
def stages(tmp_path: Path) -> Generator[Stages]:
    """Nothing is deployed yet; what a test leaves running is stopped."""
    found = Stages(make_optimized_checkout(tmp_path))
    yield found
    downs = [
        found.serving("down", "--stack", stack)
        for stack in SOURCES
        if (tmp_path / ".model-serving/run" / stack).exists()
    ]
    assert [down.code for down in downs] == [0] * len(downs), [down.err for down in downs]
    assert [found.processes(stack) for stack in SOURCES] == [[], [], []]


def on_a_terminal(stages: Stages, answer: str, *arguments: str) -> tuple[int, str]:
    """Run `serving` as a person does who types an answer; return the exit code and what was shown."""
    terminal, side = os.openpty()
    process = subprocess.Popen(
        [str(SERVING), *arguments], cwd=stages.root, env=stages.checkout.environment,
        stdin=side, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    os.close(side)
    os.write(terminal, f"{answer}\n".encode())
    shown, _ = process.communicate(timeout=TIMEOUT_S)
    os.close(terminal)
    return process.returncode, shown


def measured_again(path: Path) -> bytes:
    """Change a measurement in a lock, as another `serving optimize --force` does; return what it was."""
    before = path.read_bytes()
    content = json.loads(before)
    for report in content["models"]["small"]["reports"].values():
        for candidate in report["candidates"]:
            for measurement in candidate["measurements"]:
                for percentile in ("p50", "p99"):
                    measurement[percentile] = {key: value + 0.5 for key, value in measurement[percentile].items()}
    path.write_text(json.dumps(content))
    return before


def built_again(root: Path) -> None:
    """Lock another artifact of the same name, as an `optimize` with newer libraries does."""
    artifact = small_artifact(ArtifactStore(root / ".model-serving/artifacts"), seed=8)
    path = root / "artifacts.lock.json"
    locked = lock.read(path)
    model = locked.models["small"]
    reports = {
        fingerprint: report.model_copy(
            update={
                "candidates": tuple(
                    item.model_copy(update={"artifact_sha256": artifact.sha256}) for item in report.candidates
                )
            }
        )
        for fingerprint, report in model.reports.items()
    }
    lock.write(
        path, locked.with_model("small", model.model_copy(update={"artifacts": (artifact,), "reports": reports}))
    )


def test_one_artifact_goes_from_stack_to_stack_and_runs_beside_itself(stages: Stages) -> None:
    refused = stages.serving("up", "--stack", "staging")
    assert refused.code == UNUSABLE
    assert refused.err.count("\n") == 1
    assert "was never promoted to stack `staging`" in refused.err
    assert "run `serving promote dev staging`" in refused.err

    stages.up("dev")
    shown = stages.serving("promote", "dev", "staging")
    assert shown.code == INVALID
    assert "serving promote dev staging --yes" in shown.err
    assert stages.served("dev")[:12] in shown.out
    assert not (stages.root / STAGING).exists()

    document = stages.promote("dev", "staging")
    assert document["promoted"]
    assert document["before"] is None
    assert document["after"]["sha256"] == stages.served("dev")
    assert document["changes"] == {"create": 2}
    assert document["cost"]["after"] == {"minimum": 0, "expected": 0, "maximum": 0}
    assert (stages.root / STAGING).read_bytes() == (stages.root / "artifacts.lock.json").read_bytes()
    assert not stages.processes("staging")

    deployed = stages.up("staging")
    assert deployed["deployment_manifest"]["lock"] == STAGING
    assert stages.served("staging") == stages.served("dev")
    declined, said = on_a_terminal(stages, "n", "promote", "staging", "prod")
    assert (declined, (stages.root / "artifacts.prod.lock.json").exists()) == (0, False), said
    assert "nothing was written" in said
    confirmed, said = on_a_terminal(stages, "y", "promote", "staging", "prod")
    assert (confirmed, (stages.root / "artifacts.prod.lock.json").exists()) == (0, True), said
    assert "Write artifacts.prod.lock.json?" in said
    stages.up("prod")
    assert stages.served("prod") == stages.served("dev")
    assert stages.answer("dev") == stages.answer("staging") == stages.answer("prod")

    again = stages.serving("promote", "dev", "staging", "--json")
    assert again.code == 0, again.err
    assert not again.document["promoted"]
    assert "nothing to promote" in again.err
    assert "nothing was judged" in again.err
    assert stages.up("staging")["changes"] == {"same": 2}
    assert not (stages.root / ".model-serving/proposed/staging").exists()


def test_nothing_is_promoted_from_a_stack_that_is_down_or_answers_wrongly(stages: Stages) -> None:
    never = stages.serving("promote", "dev", "staging", "--yes")
    assert never.code == UNHEALTHY
    assert "`small` is not deployed in stack `dev`; run `serving up --stack dev`" in never.err

    stages.up("dev")
    for process in stages.processes("dev"):
        process.kill()
    crashed = stages.serving("promote", "dev", "staging", "--yes", "--json")
    assert crashed.code == UNHEALTHY
    assert "stack `dev` is not healthy" in crashed.document["error"]["message"]

    stages.up("dev")
    (reference,) = (stages.root / ".model-serving/artifacts/sha256").glob("*/reference.json")
    content = json.loads(reference.read_text())
    content["outputs"] = [[value + 1 for value in row] for row in content["outputs"]]
    reference.write_text(json.dumps(content))
    wrong = stages.serving("promote", "dev", "staging", "--yes")
    assert wrong.code == UNHEALTHY
    assert "differ from the artifact's reference answers" in wrong.err
    assert not (stages.root / STAGING).exists()


def test_a_lock_that_is_not_what_runs_is_not_promoted(stages: Stages) -> None:
    stages.up("dev")
    path = stages.root / "artifacts.lock.json"
    before = measured_again(path)

    result = stages.serving("promote", "dev", "staging", "--yes")

    assert result.code == UNUSABLE
    assert "artifacts.lock.json is not what stack `dev` runs; run `serving up --stack dev`" in result.err
    assert "measured.p50_ms: 1 runs, 1.5 is locked" in result.err
    assert not (stages.root / STAGING).exists()

    path.write_bytes(before)
    assert stages.promote("dev", "staging")["promoted"]


def test_a_measurement_that_the_plan_does_not_repeat_is_compared_too(stages: Stages) -> None:
    stages.up("dev")
    path = stages.root / "artifacts.lock.json"
    content = json.loads(path.read_text())
    for report in content["models"]["small"]["reports"].values():
        for measurement in (*report["profile"], *(m for c in report["candidates"] for m in c["measurements"])):
            measurement["samples"] += 1
    path.write_text(json.dumps(content))

    result = stages.serving("promote", "dev", "staging", "--yes")

    assert result.code == UNUSABLE
    assert "artifacts.lock.json is not what stack `dev` runs; run `serving up --stack dev`" in result.err
    assert "digest of all that is locked" in result.err
    assert not (stages.root / STAGING).exists()

    stages.up("dev")
    assert stages.promote("dev", "staging")["promoted"]


def test_a_budget_of_the_target_that_breaks_leaves_its_lock_as_it_was(stages: Stages) -> None:
    stages.up("dev")
    stages.promote("dev", "staging")
    measured_again(stages.root / "artifacts.lock.json")
    stages.up("dev")
    change_spec(stages.checkout, "staging", serving_context={"latency_sla_ms": 1})
    before = stages.locks()

    result = stages.serving("promote", "dev", "staging", "--yes", "--json")

    assert result.code == REFUSED, result.err
    assert "is over the SLA of 1 ms" in result.err
    assert not result.document["promoted"]
    verdicts = {policy["policy"]: policy["verdict"] for policy in result.document["policies"]}
    assert verdicts["latency-budget"] == "refused"
    assert verdicts["artifact-integrity"] == "passed"
    assert stages.locks() == before


def test_a_promotion_goes_its_way_only(stages: Stages) -> None:
    for source, target, said in (
        ("dev", "prod", "stack `prod` takes promotions from `staging` only"),
        ("staging", "dev", "stack `dev` builds its own artifacts"),
        ("nowhere", "staging", "there is no `stacks/Pulumi.nowhere.yaml`"),
    ):
        result = stages.serving("promote", source, target, "--yes")
        assert result.code == INVALID
        assert said in result.err

    result = stages.serving("optimize", "--stack", "prod")
    assert result.code == INVALID
    assert "run `serving optimize --stack dev`" in result.err


def test_a_killed_promotion_leaves_the_old_lock_or_the_new_one(stages: Stages) -> None:
    stages.up("dev")
    stages.promote("dev", "staging")
    old = (stages.root / STAGING).read_bytes()
    measured_again(stages.root / "artifacts.lock.json")
    stages.up("dev")

    for marker in ("promote: asking", "engine: would create small\n"):
        process = stages.checkout.start("promote", "dev", "staging", "--yes")
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith(marker))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert (stages.root / STAGING).read_bytes() == old

    assert stages.promote("dev", "staging")["promoted"]
    lock.read(stages.root / STAGING)
    assert (stages.root / STAGING).read_bytes() != old
    assert not list(stages.root.glob(f".{STAGING}*"))
    assert not (stages.root / ".model-serving/proposed/staging").exists()


def test_the_old_lock_and_up_are_the_rollback(stages: Stages) -> None:
    stages.up("dev")
    stages.promote("dev", "staging")
    stages.up("staging")
    old, digest, answer = (stages.root / STAGING).read_bytes(), stages.served("staging"), stages.answer("staging")
    built_again(stages.root)
    stages.up("dev")
    assert stages.served("dev") != digest
    assert stages.up("staging")["changes"] == {"same": 2}

    document = stages.promote("dev", "staging")
    assert (document["before"]["sha256"], document["after"]["sha256"]) == (digest, stages.served("dev"))
    assert stages.served("staging") == digest
    assert stages.up("staging")["changes"] == {"update": 2}
    assert stages.answer("staging") == stages.answer("dev") != answer

    (stages.root / STAGING).write_bytes(old)

    stages.up("staging")
    assert (stages.served("staging"), stages.answer("staging")) == (digest, answer)


def test_an_artifact_that_this_machine_lacks_is_not_built_for_a_promoted_stack(stages: Stages) -> None:
    stages.up("dev")
    stages.promote("dev", "staging")
    digest = stages.served("dev")
    shutil.move(stages.root / ".model-serving/artifacts/sha256" / digest, stages.root / "away")

    result = stages.serving("up", "--stack", "staging")

    assert result.code == UNUSABLE
    assert f"({digest[:12]}) of stack `staging` is not in" in result.err
    assert "run `serving optimize --stack dev`, which builds the same bytes" in result.err
    shutil.move(stages.root / "away", stages.root / ".model-serving/artifacts/sha256" / digest)

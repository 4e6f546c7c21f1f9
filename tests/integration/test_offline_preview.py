"""The real engine, real SDKs and the real policy pack on a stack of three clouds, without any of them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stacks.cli.preview import OFFLINE
from stacks.review.compared_state import NO_STATE
from tests.integration.conftest import SMALL
from tests.support.checkout import ROOT, SERVING, TIMEOUT_S, Checkout, Finished, make_checkout
from tests.support.optimized_checkout import make_optimized_checkout
from tests.support.recording_provider import CreatingProvider, clouds

pytestmark = pytest.mark.integration

RESOURCES = 13
UP = (
    'eval "$("{serving}" engine --export)"; pulumi stack select --create local >/dev/null 2>&1; '
    "pulumi up --yes --skip-preview --color never"
)
FIRST_TOKEN, SECOND_TOKEN = "hunter2-first", "hunter2-second"
FIRST_IN_BASE64 = "aHVudGVyMi1maXJzdA=="


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, built_small: Path) -> Checkout:
    """A checkout whose state says that every resource of the program exists."""
    folder = tmp_path_factory.mktemp("clouds")
    checkout = make_checkout(folder, SMALL)
    shutil.copy2(built_small / "small.onnx", folder)
    shutil.copy2(built_small / "artifacts.lock.json", folder)
    shutil.copytree(built_small / ".model-serving/artifacts", folder / ".model-serving/artifacts")
    shutil.copy2(ROOT / "tests/support/cloud_program.py", folder / "stacks/__main__.py")
    (folder / "stacks/clouds.json").write_text("{}")
    with clouds(CreatingProvider) as addresses:
        done = subprocess.run(
            ["bash", "-euc", UP.format(serving=SERVING)], cwd=folder, stdin=subprocess.DEVNULL,
            env={**checkout.environment, "PULUMI_DEBUG_PROVIDERS": addresses},
            capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return checkout


def offline(checkout: Checkout, **changes: Any) -> Finished:
    """Preview offline with these changes of the program."""
    (checkout.root / "stacks/clouds.json").write_text(json.dumps(changes))
    return checkout.serving("preview", "--offline", "--json")


CHANGES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "nothing": ({}, {}),
    "an image": ({"image": "server:2"}, {"web": "update"}),
    "a selector": ({"app": "api"}, {"web": "replace", "front": "update"}),
    "a number of instances": ({"instances": 2}, {"variants": "replace", "endpoint": "update"}),
    "a removed resource": ({"with_settings": False}, {"settings": "delete"}),
    "a secret": ({"token": SECOND_TOKEN}, {"token": "replace"}),
    "a machine type": ({"machine_type": "g2-standard-8"}, {"l4": "update"}),
    "spot nodes": ({"spot": True}, {"l4": "replace"}),
    "new resources": ({"new": True}, {"added": "create", "second": "create"}),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_each_change_is_what_the_clouds_would_make_of_it(
    deployed: Checkout, change: dict[str, Any], expected: dict[str, str]
) -> None:
    result = offline(deployed, **change)

    assert result.code == 0, result.err
    assert result.document["changed"] == expected
    counts = result.document["changes"]
    created = sum(operation == "create" for operation in expected.values())
    assert counts.get("same", 0) == RESOURCES + created - len(expected)
    assert sum(counts.values()) == RESOURCES + created
    for text in (FIRST_TOKEN, SECOND_TOKEN, FIRST_IN_BASE64):
        assert text not in result.out + result.err


def test_one_line_says_that_it_is_offline_and_nothing_warns(deployed: Checkout) -> None:
    result = offline(deployed)

    assert result.err.splitlines() == [OFFLINE]
    assert OFFLINE in result.document["assumptions"]
    assert NO_STATE not in result.document["unknown"]


def test_policies_judge_an_offline_preview(deployed: Checkout) -> None:
    limits = deployed.root / "stacks/policies.local.json"
    limits.write_text(json.dumps({"cost-budget": {"usd_per_month": 300, "region": "us-east-1"}}))
    try:
        result = offline(deployed, instances=5)
    finally:
        limits.unlink()

    assert result.code == 3
    assert "cost-budget" in result.err


def test_nothing_is_written_to_the_state(deployed: Checkout) -> None:
    (state,) = (deployed.root / ".model-serving/state").rglob("local.json")
    before = state.read_bytes()

    offline(deployed, app="api", new=True)

    assert state.read_bytes() == before


def test_a_function_that_only_a_cloud_can_answer_is_refused_by_name(deployed: Checkout) -> None:
    result = offline(deployed, function=True)

    assert result.code != 0
    assert result.document["error"]["message"] == (
        "an offline preview cannot ask a cloud for `aws:index/getCallerIdentity:getCallerIdentity`; preview online"
    )


def test_a_package_that_nobody_knows_is_named_with_what_to_do(deployed: Checkout) -> None:
    result = offline(deployed, unknown_package=True)

    assert result.code != 0
    assert "pulumi-resource-acme" in result.document["error"]["message"]
    assert "install the package's Python SDK" in result.document["error"]["message"]


def test_the_embedded_endpoint_previews_offline_with_an_empty_environment(small: Checkout) -> None:
    arguments = [str(SERVING), "preview", "--offline", "--json"]
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "PYTHONPATH", "HOME"}}

    result = subprocess.run(
        arguments, cwd=small.root, env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=TIMEOUT_S,
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["changes"] == {"create": 2}
    assert NO_STATE in json.loads(result.stdout)["unknown"]
    assert f"offline: {NO_STATE}" in result.stderr.splitlines()


def test_a_fork_compares_with_an_exported_state_and_needs_neither_backend_nor_key(
    deployed: Checkout, tmp_path: Path
) -> None:
    state, fork = tmp_path / "state.json", tmp_path / "fork"
    export = f'eval "$("{SERVING}" engine --export)"; pulumi stack export --stack local --file {state}'
    subprocess.run(
        ["bash", "-euc", export], cwd=deployed.root, env=deployed.environment, check=True, capture_output=True,
        timeout=TIMEOUT_S,
    )  # fmt: skip
    shutil.copytree(deployed.root, fork, ignore=shutil.ignore_patterns("state"), symlinks=True)
    (fork / "stacks/clouds.json").write_text(json.dumps({"image": "server:2"}))
    before = state.read_bytes()

    result = Checkout(fork, deployed.port).serving("preview", "--offline", "--state", str(state), "--json")

    assert result.code == 0, result.err
    # The key is not there either, so what holds a secret cannot be compared.
    assert result.document["changed"] == {"web": "update", "token": "replace"}
    assert "secrets of the file are not read" in result.err
    assert FIRST_TOKEN not in result.out + result.err
    assert state.read_bytes() == before


def test_a_state_in_a_file_is_for_offline_previews(deployed: Checkout, tmp_path: Path) -> None:
    result = deployed.serving("preview", "--state", str(tmp_path / "state.json"))

    assert result.code == 2
    assert "add `--offline`" in result.err


URN = "urn:pulumi:local::model-serving::"
STACK: dict[str, Any] = {
    "urn": f"{URN}pulumi:pulumi:Stack::model-serving-local",
    "type": "pulumi:pulumi:Stack",
    "custom": False,
}
BUCKET = {"urn": f"{URN}aws:s3/bucket:Bucket::b", "type": "aws:s3/bucket:Bucket", "custom": True, "id": "b"}
PROVIDER = f"{URN}pulumi:providers:aws::default::0b0f5f7c-5d5c-4d0b-8f5e-8d3c1b4f9c11"


def test_a_damaged_state_is_named_with_what_to_do(tmp_path: Path) -> None:
    checkout = make_optimized_checkout(tmp_path)
    state = tmp_path / "state.json"
    for resources, said in (
        ([STACK, STACK], f"duplicate resource {STACK['urn']}"),
        ([STACK, {**BUCKET, "provider": PROVIDER}], f"resource {BUCKET['urn']} refers to unknown provider"),
        ([{"urn": "urn:pulumi:local", "type": "t"}], "a resource with the URN `urn:pulumi:local`"),
        ([{**STACK, "urn": STACK["urn"].replace("model-serving", "shop")}], "a state of project `shop`"),
    ):
        state.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))

        result = checkout.serving("preview", "--offline", "--state", str(state))

        assert result.code == 2, result.err
        assert f"--state: got `{state}`: " in result.err
        assert said in result.err
        assert "write it" in result.err
        assert "--force" not in result.err

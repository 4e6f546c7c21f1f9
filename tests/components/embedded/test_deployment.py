"""A server is adopted, replaced, rolled back, repaired and removed; each may be repeated at any moment."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx
import psutil
import pytest

from components.embedded import deployment, process
from components.embedded.server_config import CONFIG_VARIABLE, ServerConfig
from components.embedded.server_inputs import ServerInputs
from components.embedded.server_resource import STOPPED, EmbeddedServerProvider
from optimizers.errors import ArtifactError, DeployError, DigestMismatch, ParityError
from optimizers.store import ArtifactStore
from tests.support.patience import PATIENCE_S, wait_until
from tests.support.served_artifact import server_inputs, small_artifact, unloadable_artifact
from tests.support.small_model import WIDTH

pytestmark = pytest.mark.integration

ROW = [0.5] * WIDTH


def answer(config: ServerConfig) -> list[float]:
    response = httpx.post(f"{config.url}/predict", json={"inputs": [ROW]}, timeout=PATIENCE_S).raise_for_status()
    first: list[float] = response.json()[0]
    return first


def supervisor(run_folder: Path) -> psutil.Process:
    found = process.arbiter(run_folder)
    assert found is not None
    return found


def with_config(inputs: ServerInputs, **changes: object) -> ServerInputs:
    return inputs.model_copy(update={"config": inputs.config.model_copy(update=changes)})


@pytest.fixture
def running(store: ArtifactStore, run_folder: Path) -> ServerInputs:
    inputs = server_inputs(store, small_artifact(store), run_folder)
    deployment.deploy(inputs)
    return inputs


@pytest.fixture(scope="module")
def deployed_once(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerInputs]:
    folder = tmp_path_factory.mktemp("shared")
    store = ArtifactStore(folder / "store")
    inputs = server_inputs(store, small_artifact(store), folder / "stack/shared")
    yield inputs
    deployment.remove(Path(inputs.run_folder))


@pytest.fixture
def undisturbed(deployed_once: ServerInputs) -> ServerInputs:
    """A running server for tests that leave it as it is."""
    deployment.deploy(deployed_once)
    return deployed_once


def test_a_deployed_server_runs_and_a_second_deploy_leaves_it_alone(undisturbed: ServerInputs) -> None:
    process_id = supervisor(Path(undisturbed.run_folder)).pid

    deployment.deploy(undisturbed)

    assert supervisor(Path(undisturbed.run_folder)).pid == process_id
    assert deployment.is_running(undisturbed)


def test_the_server_sees_no_credentials_of_the_command_that_started_it(
    store: ArtifactStore, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "secret")

    deployment.deploy(server_inputs(store, small_artifact(store), run_folder))

    for found in process.server_processes(run_folder):
        assert "secret" not in found.environ().values()


def test_a_crashed_server_is_noticed_and_deployed_again(running: ServerInputs, run_folder: Path) -> None:
    for found in process.server_processes(run_folder):
        found.kill()
    assert not deployment.is_running(running)

    deployment.deploy(running)

    assert deployment.is_running(running)
    assert len(answer(running.config)) == WIDTH


def test_workers_whose_supervisor_was_killed_are_found_and_replaced(running: ServerInputs, run_folder: Path) -> None:
    orphans = process.server_processes(run_folder)
    os.kill(supervisor(run_folder).pid, signal.SIGKILL)

    deployment.deploy(running)

    assert deployment.is_running(running)
    now = {found.pid for found in process.server_processes(run_folder)}
    assert not now & {found.pid for found in orphans}


def test_a_killed_worker_is_started_again_by_its_supervisor(running: ServerInputs, run_folder: Path) -> None:
    first = supervisor(run_folder)
    before = {child.pid for child in first.children(recursive=True)}
    for child in first.children(recursive=True):
        child.kill()

    wait_until(lambda: deployment.is_running(running))

    assert supervisor(run_folder).pid == first.pid
    assert {child.pid for child in first.children(recursive=True)} != before
    assert len(answer(running.config)) == WIDTH


def test_a_new_version_replaces_the_old_one_on_the_same_port(
    running: ServerInputs, store: ArtifactStore, run_folder: Path
) -> None:
    before = answer(running.config)
    newer = small_artifact(store, seed=8)

    changed = with_config(
        running,
        artifact_folder=str(store.folder(newer.sha256)),
        artifact_sha256=newer.sha256,
        model_version=newer.sha256[:12],
    )
    deployment.deploy(changed)

    assert answer(changed.config) != before
    assert not deployment.is_running(running)
    assert not (run_folder / deployment.CANDIDATE).exists()


def test_a_version_that_cannot_be_loaded_is_refused_and_the_old_one_still_runs(
    undisturbed: ServerInputs, store: ArtifactStore
) -> None:
    broken = unloadable_artifact(store)
    before, process_id = answer(undisturbed.config), supervisor(Path(undisturbed.run_folder)).pid

    with pytest.raises(DeployError, match=r"cannot load the model: .*what ran before still runs"):
        deployment.deploy(
            with_config(undisturbed, artifact_folder=str(store.folder(broken.sha256)), artifact_sha256=broken.sha256)
        )

    assert supervisor(Path(undisturbed.run_folder)).pid == process_id
    assert answer(undisturbed.config) == before


def test_a_version_that_answers_differently_is_refused_and_the_old_one_still_runs(
    undisturbed: ServerInputs, store: ArtifactStore
) -> None:
    wrong = small_artifact(store, seed=9, shift=1.0)
    process_id = supervisor(Path(undisturbed.run_folder)).pid

    with pytest.raises(
        DeployError, match=r"differ from the artifact's reference answers: max_error .*what ran before still runs"
    ):
        deployment.deploy(
            with_config(undisturbed, artifact_folder=str(store.folder(wrong.sha256)), artifact_sha256=wrong.sha256)
        )

    assert supervisor(Path(undisturbed.run_folder)).pid == process_id
    assert deployment.is_running(undisturbed)


def test_a_first_version_that_answers_differently_is_not_left_running(store: ArtifactStore, run_folder: Path) -> None:
    wrong = server_inputs(store, small_artifact(store, seed=9, shift=1.0), run_folder)

    with pytest.raises(ParityError, match=r"threshold 0\.01"):
        deployment.deploy(wrong)

    assert process.server_processes(run_folder) == []


def test_an_artifact_changed_on_disk_is_not_served(undisturbed: ServerInputs, store: ArtifactStore) -> None:
    newer = small_artifact(store, seed=8)
    model = store.folder(newer.sha256) / "model.onnx"
    model.write_bytes(model.read_bytes() + b"\0")

    with pytest.raises(DigestMismatch, match="differs from the locked"):
        deployment.deploy(
            with_config(undisturbed, artifact_folder=str(store.folder(newer.sha256)), artifact_sha256=newer.sha256)
        )

    assert deployment.is_running(undisturbed)


def test_an_artifact_that_is_not_in_the_store_says_what_to_run(store: ArtifactStore, run_folder: Path) -> None:
    inputs = server_inputs(store, small_artifact(store), run_folder)

    with pytest.raises(ArtifactError, match="not in the store; run `serving optimize`"):
        deployment.deploy(with_config(inputs, artifact_folder=str(store.folder("f" * 64))))


def test_a_port_in_use_names_its_holder(store: ArtifactStore, run_folder: Path) -> None:
    inputs = server_inputs(store, small_artifact(store), run_folder)

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", inputs.config.port))
        holder.listen()
        with pytest.raises(DeployError, match=rf"port {inputs.config.port} .*held by process {os.getpid()}"):
            deployment.deploy(inputs)

    assert process.server_processes(run_folder) == []


def test_a_port_that_another_stack_serves_on_names_its_endpoint(
    undisturbed: ServerInputs, store: ArtifactStore
) -> None:
    folder = Path(undisturbed.run_folder)
    other = server_inputs(
        store, small_artifact(store), folder.parents[1] / "other-stack/other", port=undisturbed.config.port
    )

    with pytest.raises(DeployError) as caught:
        deployment.deploy(other)

    assert f"the endpoint `{folder.name}` of stack `{folder.parent.name}`" in str(caught.value)
    assert deployment.is_running(undisturbed)


def test_a_change_to_a_port_in_use_leaves_the_server_alone(undisturbed: ServerInputs) -> None:
    process_id = supervisor(Path(undisturbed.run_folder)).pid
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()

        with pytest.raises(DeployError) as caught:
            deployment.deploy(with_config(undisturbed, port=holder.getsockname()[1]))

    assert "cannot be used" in str(caught.value)
    assert supervisor(Path(undisturbed.run_folder)).pid == process_id
    assert deployment.is_running(undisturbed)


def test_removing_ends_every_process_frees_the_port_and_may_be_repeated(
    running: ServerInputs, run_folder: Path
) -> None:
    deployment.remove(run_folder)
    deployment.remove(run_folder)

    assert process.server_processes(run_folder) == []
    assert not run_folder.exists()
    process.refuse_used_port(running.config.host, running.config.port)


def test_a_strangers_process_is_never_taken_for_the_server(tmp_path: Path, run_folder: Path) -> None:
    stranger = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(3600)", process.SERVICE, "serve"],
        env={**os.environ, CONFIG_VARIABLE: str(tmp_path / "other" / process.CONFIG_NAME)},
    )
    try:
        process.stop(run_folder)
        assert stranger.poll() is None
        assert process.arbiter(run_folder) is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_of_an_older_version_is_replaced(running: ServerInputs, run_folder: Path) -> None:
    config = run_folder / process.CONFIG_NAME
    config.write_text(json.dumps({**json.loads(config.read_text()), "field_of_the_past": 1}))
    process_id = supervisor(run_folder).pid
    assert not deployment.is_running(running)

    deployment.deploy(running)

    assert deployment.is_running(running)
    assert supervisor(run_folder).pid != process_id


def test_state_that_an_older_version_wrote_counts_as_stopped_and_can_be_removed(
    running: ServerInputs, run_folder: Path
) -> None:
    props = running.model_dump(mode="json")
    props["config"]["field_of_the_past"] = 1
    provider = EmbeddedServerProvider()

    found = provider.read("id", props).outs
    assert found is not None
    assert found["status"] == STOPPED
    provider.delete("id", props)

    assert process.server_processes(run_folder) == []

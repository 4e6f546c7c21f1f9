"""A server counts as healthy only where it runs what was deployed and answers as the original model does."""

import json
from pathlib import Path

import pytest

from components.embedded import deployment, process
from components.embedded.health import require_healthy
from components.embedded.server_inputs import ServerInputs
from optimizers.errors import DeployError, DigestMismatch
from optimizers.store import ArtifactStore
from tests.support.served_artifact import server_inputs, small_artifact

pytestmark = pytest.mark.integration


def test_health_is_asked_of_the_server_itself(store: ArtifactStore, run_folder: Path) -> None:
    inputs = server_inputs(store, small_artifact(store), run_folder)
    with pytest.raises(DeployError, match="no server of this machine runs from"):
        require_healthy(inputs)

    deployment.deploy(inputs)
    require_healthy(inputs)

    newer = inputs.config.model_copy(update={"model_version": "f" * 12})
    with pytest.raises(DeployError, match=r"with another configuration than was deployed \(version ffffffffffff\)"):
        require_healthy(inputs.model_copy(update={"config": newer}))

    artifact = Path(inputs.config.artifact_folder)
    answers = artifact / "reference.json"
    content = json.loads(answers.read_text())
    content["outputs"] = [[value + 1 for value in row] for row in content["outputs"]]
    answers.write_text(json.dumps(content))
    with pytest.raises(DeployError, match="differ from the artifact's reference answers"):
        require_healthy(inputs)

    (artifact / "model.onnx").write_bytes(b"another one")
    with pytest.raises(DigestMismatch, match="differs from the deployed"):
        require_healthy(inputs)


def test_a_server_that_hangs_is_not_healthy(
    store: ArtifactStore, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs: ServerInputs = server_inputs(store, small_artifact(store), run_folder)
    deployment.deploy(inputs)
    monkeypatch.setattr("components.embedded.readiness.PROBE_PAUSE_S", 0.05)
    monkeypatch.setattr("components.embedded.readiness.PROBE_TIMEOUT_S", 0.2)
    processes = process.server_processes(run_folder)
    for found in processes:
        found.suspend()

    try:
        with pytest.raises(DeployError, match="is not ready"):
            require_healthy(inputs)
    finally:
        for found in processes:
            found.resume()

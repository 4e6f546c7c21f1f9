"""Ask whether the server that a state records really runs, is ready and answers as the original model does."""

from pathlib import Path

from components.embedded import process
from components.embedded.readiness import check_reference, stays_ready
from components.embedded.server_inputs import ServerInputs
from optimizers.errors import DeployError, DigestMismatch, ParityError
from optimizers.store import identity


def require_healthy(inputs: ServerInputs) -> None:
    """
    Return where the server runs on this machine as it was deployed, and answers the reference rows as the original does.

    Raises:
        DeployError: It is gone, runs another configuration, is not ready, or its answers differ.
        DigestMismatch: The files that it was started from were changed since.
    """
    config, folder = inputs.config, Path(inputs.run_folder)
    running = process.running_config(folder)
    if running is None:
        raise DeployError(f"no server of this machine runs from {folder}")
    if running != config:
        raise DeployError(
            f"the server of {folder} runs version {running.model_version} with another configuration than was deployed "
            f"(version {config.model_version})"
        )
    if not stays_ready(config, folder):
        raise DeployError(f"{config.url} is not ready")
    found = identity(Path(config.artifact_folder))
    if found != config.artifact_sha256:
        raise DigestMismatch(
            f"{config.artifact_folder}: sha256 {found[:12]} differs from the deployed {config.artifact_sha256[:12]}"
        )
    try:
        check_reference(config, inputs.thresholds)
    except ParityError as error:
        raise DeployError(str(error)) from error

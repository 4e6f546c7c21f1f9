"""
Make a server run: adopt, start, replace with rollback, find, remove.

Each operation may be repeated after it was killed at any moment.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

import stamina

from components.embedded import process
from components.embedded.readiness import (
    HealthCheckFailed,
    ModelLoadFailed,
    check_reference,
    stays_ready,
    wait_ready,
)
from components.embedded.server_config import ServerConfig
from components.embedded.server_inputs import ServerInputs
from optimizers.errors import ArtifactError, DeployError, DigestMismatch, ServingError
from optimizers.goal import ParityThresholds
from optimizers.reference import read_reference
from optimizers.store import identity

# The product's rule for retries: at most 3 attempts, exponential from 500 ms to 10 s, only for these two failures.
ATTEMPTS = 3
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0
RETRIED = (ModelLoadFailed, HealthCheckFailed)

CANDIDATE = "candidate"

# A retry is not the user's business: the last failure is told in full.
stamina.instrumentation.set_on_retry_hooks([])


def deploy(inputs: ServerInputs) -> None:
    """
    Return when a server runs `inputs.config`, is ready and has answered the reference rows as the original model does.

    A server that runs another configuration keeps running until a new one was verified on a free port beside it, and
    runs again if the new one then fails on the real port.

    Raises:
        ArtifactError: The artifact is missing or changed.
        DeployError: The server did not become healthy; what ran before still runs.
    """
    config, run_folder = inputs.config, Path(inputs.run_folder)
    before = _runs_before(config, run_folder)
    same = before == _Running(run_folder, config)
    if same and stays_ready(config, run_folder):
        check_reference(config, inputs.thresholds)
        return
    _verify_artifact(config)
    if before is None or same:
        process.stop(run_folder)
        _start_verified(config, run_folder, inputs.thresholds)
        return
    if (before.config.host, before.config.port) != (config.host, config.port):
        process.refuse_used_port(config.host, config.port)
    _rehearse(config, run_folder / CANDIDATE, inputs.thresholds)
    process.stop(before.folder)
    try:
        _start_verified(config, run_folder, inputs.thresholds)
    except ServingError as error:
        _start_verified(before.config, before.folder, inputs.thresholds)
        raise DeployError(f"{error}; version {before.config.model_version} runs again") from error


def is_running(inputs: ServerInputs) -> bool:
    """Return whether a server runs exactly `inputs.config` and is ready."""
    run_folder = Path(inputs.run_folder)
    return process.running_config(run_folder) == inputs.config and stays_ready(inputs.config, run_folder)


def remove(run_folder: Path) -> None:
    """Stop the server that runs from this folder, and remove the folder."""
    process.stop(run_folder / CANDIDATE)
    process.stop(run_folder)
    shutil.rmtree(run_folder, ignore_errors=True)


class _Running(NamedTuple):
    """A server and the folder that it runs from."""

    folder: Path
    config: ServerConfig


def _runs_before(config: ServerConfig, run_folder: Path) -> _Running | None:
    """
    Return the server that this one replaces: that of its folder, else the one of its stack that holds its port.

    The latter belongs to an endpoint that was renamed: the engine creates the new one before it deletes the old one.
    """
    own = process.running_config(run_folder)
    if own is not None:
        return _Running(run_folder, own)
    for folder in process.run_folders(run_folder.parent):
        other = process.running_config(folder)
        if other is not None and other.port == config.port:
            return _Running(folder, other)
    return None


def _rehearse(config: ServerConfig, folder: Path, thresholds: ParityThresholds) -> None:
    """Verify a configuration on a free port, while what runs goes on running."""
    rehearsal = config.model_copy(
        update={"port": process.free_port(config.host), "log_file": str(folder / Path(config.log_file).name)}
    )
    try:
        process.stop(folder)
        _start_verified(rehearsal, folder, thresholds)
    except ServingError as error:
        raise DeployError(f"{error}; what ran before still runs") from error
    finally:
        process.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _start_verified(config: ServerConfig, run_folder: Path, thresholds: ParityThresholds) -> None:
    """Start and verify; on failure nothing of it is left running."""
    try:
        for attempt in stamina.retry_context(
            on=RETRIED, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
        ):
            with attempt:
                process.stop(run_folder)
                log = Path(config.log_file)
                position = log.stat().st_size if log.is_file() else 0
                process.start(config, run_folder)
                wait_ready(config, run_folder, position)
        check_reference(config, thresholds)
    except ServingError:
        process.stop(run_folder, grace_s=1)
        raise


def _verify_artifact(config: ServerConfig) -> None:
    folder = Path(config.artifact_folder)
    if not folder.is_dir():
        raise ArtifactError(f"{folder}: the artifact is not in the store; run `serving optimize`")
    found = identity(folder)
    if found != config.artifact_sha256:
        raise DigestMismatch(
            f"{folder}: sha256 {found[:12]} differs from the locked {config.artifact_sha256[:12]}; "
            "run `serving optimize` to rebuild it"
        )
    read_reference(folder)

"""Wait until a server is ready, and compare its answers with those that its artifact must give."""

import json
import time
from pathlib import Path
from typing import Any

import httpx

from components.embedded.process import OUTPUT_NAME, arbiter
from components.embedded.server.event_log import Event
from components.embedded.server_config import ServerConfig
from optimizers.artifact import REFERENCE_NAME
from optimizers.errors import DeployError, ParityError
from optimizers.goal import ParityThresholds
from optimizers.parity import compare
from optimizers.reference import read_reference
from optimizers.session import read_manifest

READY_PATH = "/readyz"
PREDICT_PATH = "/predict"
READY_TIMEOUT_S = 120.0
PROBE_TIMEOUT_S = 2.0
# A server that is busy may miss a probe. Three of them take at most 10 s in all.
PROBES = 3
PROBE_PAUSE_S = 2.0
POLL_S = 0.1


class ModelLoadFailed(DeployError):
    """The server could not load its model; may be tried again."""


class HealthCheckFailed(DeployError):
    """The server did not become ready in time; may be tried again."""


def is_ready(config: ServerConfig) -> bool:
    """Return whether the server answers its readiness probe now."""
    try:
        return httpx.get(config.url + READY_PATH, timeout=PROBE_TIMEOUT_S).is_success
    except httpx.HTTPError:
        return False


def stays_ready(config: ServerConfig, run_folder: Path) -> bool:
    """Return whether the server is ready, with patience while its process lives; a dead one is told at once."""
    for probe in range(PROBES):
        if is_ready(config):
            return True
        if arbiter(run_folder) is None:
            break
        if probe + 1 < PROBES:
            time.sleep(PROBE_PAUSE_S)
    return False


def wait_ready(config: ServerConfig, run_folder: Path, log_position: int, timeout_s: float = READY_TIMEOUT_S) -> None:
    """
    Return when the server is ready.

    Args:
        config: What it was started with.
        run_folder: Its folder.
        log_position: Size of the event log before the start, in bytes; older events are not read.
        timeout_s: How long to wait.

    Raises:
        ModelLoadFailed: It said so in its event log.
        HealthCheckFailed: It ended, or was not ready in time.
    """
    deadline = time.monotonic() + timeout_s
    while not is_ready(config):
        if reason := _load_failure(Path(config.log_file), log_position):
            raise ModelLoadFailed(f"the server cannot load the model: {reason}; run `serving optimize --force`")
        if arbiter(run_folder) is None:
            raise HealthCheckFailed(f"the server ended before it was ready: {_last_line(run_folder)}")
        if time.monotonic() > deadline:
            raise HealthCheckFailed(
                f"the server was not ready after {timeout_s:g} s: {_last_line(run_folder)}; see {run_folder / OUTPUT_NAME}"
            )
        time.sleep(POLL_S)


def check_reference(config: ServerConfig, thresholds: ParityThresholds) -> None:
    """
    Send the artifact's reference rows as real requests and compare the answers with the recorded ones.

    Those are the original model's; the artifact's own where labelled data accepted it for answering otherwise.

    It is one request, or one for each row where they are too large together.

    Raises:
        ArtifactError: The reference rows are not readable.
        ParityError: They differ by more than the threshold.
        HealthCheckFailed: The request was not answered.
    """
    import numpy as np

    folder = Path(config.artifact_folder)
    reference = read_reference(folder)
    rows = reference.inputs
    # The file holds the answers too, and spaces, so the request is shorter than it.
    size_bytes = (folder / REFERENCE_NAME).stat().st_size
    together = size_bytes <= config.max_body_bytes and len(rows) <= config.max_rows
    answers = list[Any]()
    try:
        for part in [rows] if together else [[row] for row in rows]:
            response = httpx.post(
                config.url + PREDICT_PATH, json={"inputs": part}, timeout=config.request_timeout_s
            ).raise_for_status()
            answers += response.json()
    except httpx.HTTPError as error:
        raise HealthCheckFailed(f"the server does not answer the reference rows: {error}") from None

    def arrays(answers: list[Any]) -> list[dict[str, Any]]:
        named = (answer if isinstance(answer, dict) else {"output": answer} for answer in answers)
        return [{name: np.asarray([value]) for name, value in answer.items()} for answer in named]

    parity = compare(read_manifest(folder).prediction, arrays(reference.outputs), arrays(answers), thresholds)
    if not parity.passed:
        raise ParityError(
            f"the endpoint's answers differ from the artifact's reference answers: {parity.metric} {parity.value:g}, "
            f"threshold {parity.threshold:g}; run `serving optimize --force`"
        )


def _load_failure(log: Path, position: int) -> str | None:
    if not log.is_file():
        return None
    with log.open("rb") as stream:
        stream.seek(position if position <= log.stat().st_size else 0)
        for line in stream.read().decode(errors="replace").splitlines():
            if Event.MODEL_LOAD_FAILED in line:
                reason: str = json.loads(line).get("reason", "no reason given")
                return reason
    return None


def _last_line(run_folder: Path) -> str:
    path = run_folder / OUTPUT_NAME
    lines = path.read_text(errors="replace").split("\n") if path.is_file() else []
    said = [line.strip() for line in lines if line.strip()]
    return f"`{said[-1][:300]}`" if said else "it printed nothing"

"""Run one step of a load in a second process, so that client and caller do not share an interpreter."""

import subprocess
import sys
from importlib.util import find_spec

from components.load.job import Job, LoadAnswer
from optimizers.errors import DeployError, MissingExtra

START_S = 30


def run_job(job: Job) -> LoadAnswer:
    """
    Return what happened to the requests of `job`; the process is ended if this one is interrupted.

    Raises:
        MissingExtra: The client library is not installed.
        DeployError: The process failed.
    """
    if find_spec("aiohttp") is None:
        raise MissingExtra("bench", "`serving bench`")
    process = subprocess.Popen(
        [sys.executable, "-m", job.module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            out, err = process.communicate(job.model_dump_json(), timeout=START_S + job.seconds + job.timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise DeployError(
                f"the load's process did not end within {START_S + job.timeout_s:g} s of its step; lower the rate"
            ) from None
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        reason = (err.strip().splitlines() or ["it gave no reason"])[-1]
        raise DeployError(f"the load's process failed: {reason}")
    return LoadAnswer.model_validate_json(out)

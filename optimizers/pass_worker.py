"""
Run passes in a process of their own (`python -m optimizers.pass_worker`): a library that crashes takes only this one along.

Reads a `PassJob` from the first line of stdin and writes a `PassAnswer` into the file that the job names. Ends with
the process that started it.
"""

import sys
from dataclasses import replace
from pathlib import Path

from optimizers.atomic_file import write_atomically
from optimizers.errors import MissingExtra, short_reason
from optimizers.original import load_original
from optimizers.pass_job import DiskFailure, MissingLibrary, ModelOnDisk, PassAnswer, PassJob, Refusal
from optimizers.passes import FormedModel, Pass
from optimizers.store import DISK_ERRORS
from optimizers.worker_process import end_with_parent


def main() -> int:
    """Run the passes of one job."""
    end_with_parent()
    job = PassJob.model_validate_json(sys.stdin.readline())
    write_atomically(job.answer, _answer(job).model_dump_json().encode())
    return 0


def _answer(job: PassJob) -> PassAnswer:
    passes = [spec.create() for spec in job.passes]
    step = passes[0].name
    try:
        model = job.model.formed() if job.model else load_original(job.source, job.threads).model
        for item in passes:
            step = item.name
            model = _run(item, replace(model, samples=job.samples, training=job.training), job.folder)
        return PassAnswer(model=ModelOnDisk.of(model))
    except MissingExtra as error:
        return PassAnswer(missing=MissingLibrary(extra=error.extra, purpose=error.purpose))
    except OSError as error:
        if error.errno in DISK_ERRORS:
            return PassAnswer(disk=DiskFailure(number=error.errno, reason=error.strerror or str(error)))
        return PassAnswer(refusal=Refusal(step=step, reason=short_reason(error)))
    except Exception as error:  # noqa: BLE001 - a library's own error; the other candidates are not concerned
        return PassAnswer(refusal=Refusal(step=step, reason=short_reason(error)))


def _run(item: Pass, model: FormedModel, folder: Path) -> FormedModel:
    """Run one pass; what those before it decided stays in the remark."""
    given = item.run(replace(model, remark=""), folder)
    return replace(given, remark="; ".join(filter(None, (model.remark, given.remark))))


if __name__ == "__main__":
    sys.exit(main())

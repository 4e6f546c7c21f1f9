"""
Hold the original model in a process of its own (`python -m optimizers.original_worker`).

Its framework shares no process with the libraries of the candidates, and its memory is free again when it ends. Reads a
question a line from stdin and writes an answer a line to stdout, as JSON (`original_job`).
"""

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from optimizers.benchmark import turn
from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.original import Original, load_original
from optimizers.original_job import (
    AskOriginal,
    Failure,
    FailureKind,
    LoadOriginal,
    OriginalAnswer,
    OriginalFacts,
    Turn,
)
from optimizers.sample_batches import read_batch, write_batch
from optimizers.worker_process import end_with_parent


def main() -> int:
    """Load the model, then answer until stdin ends."""
    end_with_parent()
    # What libraries print must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def say(answer: OriginalAnswer) -> None:
        answers.write(f"{answer.model_dump_json()}\n")

    job = LoadOriginal.model_validate_json(_line())
    started = time.perf_counter()
    try:
        original = load_original(job.source, job.threads)
        facts = _facts(original, time.perf_counter() - started)
    except Exception as error:  # noqa: BLE001 - the parent raises it again
        say(OriginalAnswer(failure=_failure(error)))
        return 0
    say(OriginalAnswer(facts=facts))
    with ThreadPoolExecutor() as callers:
        while True:
            question = AskOriginal.model_validate_json(_line())
            try:
                say(_answer(original, question, callers))
            except Exception as error:  # noqa: BLE001 - a library's own error, as the parent would have got it
                say(OriginalAnswer(failure=_failure(error)))


def _line() -> str:
    """Return the next question; the process ends with stdin."""
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return line


def _facts(original: Original, load_time_s: float) -> OriginalFacts:
    path, samples_from = _own_samples(original)
    return OriginalFacts(
        form=original.model.form,
        signature=original.model.signature,
        path=original.model.path,
        runtime=original.runtime,
        tokenizer=original.tokenizer,
        tokenizer_file=original.tokenizer_file,
        load_time_s=load_time_s,
        samples=path,
        samples_from=samples_from,
    )


def _own_samples(original: Original) -> tuple[Path | None, str]:
    """Write what the model's own processor makes of samples into the folder that the parent reads."""
    if original.own_samples is None:
        return None, ""
    import numpy as np

    own = original.own_samples()
    path = Path(tempfile.mkdtemp()) / "samples.npz"
    np.savez(path, **own.inputs, allow_pickle=False)
    return path, own.samples_from


def _answer(original: Original, question: AskOriginal, callers: ThreadPoolExecutor) -> OriginalAnswer:
    batch = read_batch(question.inputs)
    if question.outputs is not None:
        write_batch(question.outputs, original.session.run(batch))
        return OriginalAnswer()
    latencies_ms, wall_s = turn(original.session, batch, question.calls, question.concurrency, callers)
    return OriginalAnswer(turn=Turn(latencies_ms=latencies_ms, wall_s=wall_s))


def _failure(error: Exception) -> Failure:
    if isinstance(error, MissingExtra):
        return Failure(kind=FailureKind.MISSING, text=error.purpose, extra=error.extra)
    kind = FailureKind.UNSUPPORTED if isinstance(error, UnsupportedModel) else FailureKind.OTHER
    return Failure(kind=kind, text=str(error) or type(error).__name__)


if __name__ == "__main__":
    sys.exit(main())

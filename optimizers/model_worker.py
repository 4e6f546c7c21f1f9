"""
What a process does that holds a model for another one.

It reads a question a line from stdin and writes an answer a line to stdout, as JSON (`model_job`).
"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from optimizers.benchmark import turn
from optimizers.errors import MissingExtra, ServingError
from optimizers.model_job import AskModel, Failure, FailureKind, ModelAnswer, Turn
from optimizers.sample_batches import read_batch, write_batch
from optimizers.session import Session
from optimizers.worker_process import end_with_parent


def answer_questions(load: Callable[[str], tuple[Session, ModelAnswer]]) -> int:
    """
    Load the model, then answer until stdin ends.

    Args:
        load: Takes the first line, and returns the model with what is said of it.
    """
    end_with_parent()
    # What libraries print must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def say(answer: ModelAnswer) -> None:
        answers.write(f"{answer.model_dump_json()}\n")

    first = _line()
    try:
        session, loaded = load(first)
    except Exception as error:  # noqa: BLE001 - the parent raises it again
        say(ModelAnswer(failure=_failure(error)))
        return 0
    say(loaded)
    with ThreadPoolExecutor() as callers:
        while True:
            question = AskModel.model_validate_json(_line())
            try:
                say(_answer(session, question, callers))
            except Exception as error:  # noqa: BLE001 - a library's own error, as the parent would have got it
                say(ModelAnswer(failure=_failure(error)))


def _line() -> str:
    """Return the next question; the process ends with stdin."""
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return line


def _answer(session: Session, question: AskModel, callers: ThreadPoolExecutor) -> ModelAnswer:
    batch = read_batch(question.inputs)
    if question.outputs is not None:
        write_batch(question.outputs, session.run(batch))
        return ModelAnswer()
    latencies_ms, wall_s = turn(session, batch, question.calls, question.concurrency, callers)
    return ModelAnswer(turn=Turn(latencies_ms=latencies_ms, wall_s=wall_s))


def _failure(error: Exception) -> Failure:
    if isinstance(error, MissingExtra):
        return Failure(kind=FailureKind.MISSING, text=error.purpose, extra=error.extra)
    kind = FailureKind.UNSUPPORTED if isinstance(error, ServingError) else FailureKind.OTHER
    return Failure(kind=kind, text=str(error) or type(error).__name__)

"""
Hold the original model in a process of its own (`python -m optimizers.original_worker`).

Its framework shares no process with the libraries of the candidates, and its memory is free again when it ends.
"""

import sys
import tempfile
import time
from pathlib import Path

from optimizers.model_job import ModelAnswer
from optimizers.model_worker import answer_questions
from optimizers.original import Original, load_original
from optimizers.original_job import LoadOriginal, OriginalFacts
from optimizers.session import Session


def main() -> int:
    """Load the model, then answer until stdin ends."""
    return answer_questions(_load)


def _load(line: str) -> tuple[Session, ModelAnswer]:
    job = LoadOriginal.model_validate_json(line)
    started = time.perf_counter()
    original = load_original(job.source, job.threads)
    return original.session, ModelAnswer(facts=_facts(original, time.perf_counter() - started))


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


if __name__ == "__main__":
    sys.exit(main())

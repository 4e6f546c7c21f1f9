"""Hold a built artifact in a process of its own (`python -m optimizers.candidate_worker`)."""

import sys
import time

from optimizers.model_job import LoadCandidate, LoadedCandidate, ModelAnswer
from optimizers.model_process import own_memory_bytes
from optimizers.model_worker import answer_questions
from optimizers.session import Session, open_session


def main() -> int:
    """Load the artifact, then answer until stdin ends."""
    return answer_questions(_load)


def _load(line: str) -> tuple[Session, ModelAnswer]:
    job = LoadCandidate.model_validate_json(line)
    memory_bytes, started = own_memory_bytes(), time.perf_counter()
    session = open_session(job.folder, job.threads, job.streams)
    loaded = LoadedCandidate(load_time_s=time.perf_counter() - started, memory_bytes=memory_bytes)
    return session, ModelAnswer(loaded=loaded)


if __name__ == "__main__":
    sys.exit(main())

"""Read the files that policies judge by before a policy asks, while the engine starts the program."""

from contextlib import suppress

from optimizers.errors import ArtifactError
from optimizers.lock import LOCK_NAME
from policies.artifact_integrity import locked
from policies.cost_settings import project_catalog


def read_ahead() -> None:
    """Read the prices and the project's own lock; what is wrong with either, the policy that reads it again says."""
    project_catalog()
    with suppress(ArtifactError):
        locked(LOCK_NAME)

"""What a session that takes part in a measurement fails with: it costs one candidate, not the build."""

import errno
from collections.abc import Generator
from contextlib import contextmanager

from optimizers.errors import short_reason


class DoesNotRun(Exception):
    """
    A session could not be opened, or failed in a call; the cause is the error itself.

    Attributes:
        name: Of what failed.
        batch_size: Rows of the call; 0 where it was opened.
        reason: In one line.
    """

    def __init__(self, name: str, batch_size: int, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.batch_size, self.reason = name, batch_size, reason


@contextmanager
def blaming(name: str, batch_size: int = 0) -> Generator[None]:
    """
    Raise what goes wrong inside as `DoesNotRun` of this name.

    Raises:
        OSError: The disk is full or not writable, which no candidate can help; too little memory is not among these.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno != errno.ENOMEM:
            raise
        raise DoesNotRun(name, batch_size, short_reason(error)) from error

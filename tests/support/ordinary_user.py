"""File permissions as an ordinary user has them, also where the tests run as root, who may read every file."""

import os
from collections.abc import Generator
from contextlib import contextmanager

NOBODY = 65534


@contextmanager
def ordinary_user() -> Generator[None]:
    """Have no more permissions than any user within the block; files must lie where any user may look."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)

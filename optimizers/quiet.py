"""Keep the warnings and log lines of third-party libraries away from the user."""

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def quiet() -> Generator[None]:
    """
    Silence warnings and every log record below CRITICAL inside the block.

    Converters warn about what they skip or replace; what counts, parity with the original, is measured afterwards.
    """
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)

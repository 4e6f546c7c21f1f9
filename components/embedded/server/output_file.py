"""Keep the file that holds the server's own output, which BentoML and the libraries write, short and worth reading."""

import contextlib
import logging
import os
import shutil
import threading
import time
from pathlib import Path

from bentoml.exceptions import BentoMLException
from pydantic import ValidationError

# BentoML writes each failed request with its traceback to this logger, whoever is to blame.
REQUEST_LOGGER = "bentoml._internal.server.http_app"
LARGEST_FILE_BYTES = 10_000_000
CHECK_INTERVAL_S = 5.0
FIRST_SERVER_FAULT = 500


def is_servers_fault(record: logging.LogRecord) -> bool:
    """Return whether a record is worth keeping: it tells of no error, or of one that a caller could not have avoided."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, BentoMLException):
        return int(error.error_code) >= FIRST_SERVER_FAULT
    return not isinstance(error, ValidationError)


def keep_short(path: Path) -> None:
    """Leave callers' errors out of the log, which the event log counts, and bound the file from now on."""
    logging.getLogger(REQUEST_LOGGER).addFilter(is_servers_fault)
    threading.Thread(target=_watch, args=(path,), daemon=True).start()


def cut(path: Path, largest_bytes: int = LARGEST_FILE_BYTES) -> None:
    """
    Move what a file holds to `<path>.1` if it is larger.

    Several processes hold the file open for appending, so it is copied and emptied: it stays the same file, and the
    next line of each is its first. What is written between the two is lost.
    """
    if path.is_file() and path.stat().st_size > largest_bytes:
        try:
            shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        finally:
            # Without room for a copy, room is what is needed.
            os.truncate(path, 0)


def _watch(path: Path) -> None:
    while True:
        with contextlib.suppress(OSError):
            cut(path)
        time.sleep(CHECK_INTERVAL_S)

"""The event log: one JSON object a line, bounded in size."""

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum
from logging.handlers import RotatingFileHandler
from pathlib import Path

# Two files of this size hold about half a million requests.
LARGEST_FILE_BYTES = 50_000_000
OLD_FILES = 1


class Event(StrEnum):
    """The names of events; public contract."""

    MODEL_LOADED = "model_loaded"
    REQUEST_PROCESSED = "request_processed"
    BATCH_TIMEOUT = "batch_timeout"
    QUEUE_FULL = "queue_full"
    MODEL_LOAD_FAILED = "model_load_failed"
    INFERENCE_ERROR = "inference_error"
    OOM_KILLED = "oom_killed"


LEVELS = {
    Event.MODEL_LOADED: logging.INFO,
    Event.REQUEST_PROCESSED: logging.INFO,
    Event.BATCH_TIMEOUT: logging.WARNING,
    Event.QUEUE_FULL: logging.WARNING,
    Event.MODEL_LOAD_FAILED: logging.ERROR,
    Event.INFERENCE_ERROR: logging.ERROR,
    Event.OOM_KILLED: logging.CRITICAL,
}
LEVEL_NAMES = {logging.INFO: "INFO", logging.WARNING: "WARN", logging.ERROR: "ERROR", logging.CRITICAL: "FATAL"}

Field = str | int | float | None


class EventLog:
    """
    Writes events to a file.

    Args:
        path: The file; when it is full it becomes `<path>.1` and a new one starts.
        model_version: Written with every event.
    """

    def __init__(self, path: Path, model_version: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._model_version = model_version
        self._handler = RotatingFileHandler(path, maxBytes=LARGEST_FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")

    def write(self, event: Event, **fields: Field) -> None:
        """Write one event with its level, the time in UTC and `fields`."""
        level = LEVELS[event]
        content = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": LEVEL_NAMES[level],
            "event": event,
            "model_version": self._model_version,
            **fields,
        }
        text = json.dumps(content, ensure_ascii=False)
        self._handler.handle(logging.LogRecord("events", level, "", 0, text, None, None))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()

"""The file of the server's own output tells of the server's faults and stays short."""

import logging
import sys
from http import HTTPStatus
from pathlib import Path

import pytest
from bentoml.exceptions import BentoMLException, InvalidArgument
from pydantic import TypeAdapter, ValidationError

from components.embedded.server.output_file import cut, is_servers_fault


def record_of(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except type(error):
        return logging.LogRecord("server", logging.ERROR, "", 0, "Exception on /predict", None, sys.exc_info())


def invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(int).validate_json("{not json")
    return caught.value


@pytest.mark.parametrize(
    "error", [invalid(), InvalidArgument("bad"), BentoMLException("x", error_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)]
)
def test_what_a_caller_could_have_avoided_is_left_out(error: Exception) -> None:
    assert not is_servers_fault(record_of(error))


@pytest.mark.parametrize("error", [ValueError("a bug"), BentoMLException("a failure")])
def test_what_is_the_servers_fault_is_written(error: Exception) -> None:
    assert is_servers_fault(record_of(error))


def test_what_tells_of_no_error_is_written() -> None:
    assert is_servers_fault(logging.LogRecord("server", logging.INFO, "", 0, "started", None, None))


def test_a_large_file_is_emptied_and_goes_on_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    with path.open("ab", buffering=0) as output:
        output.write(b"x" * 100)
        cut(path, largest_bytes=100)
        assert path.stat().st_size == 100
        output.write(b"y")
        cut(path, largest_bytes=100)
        output.write(b"next")

    assert path.read_bytes() == b"next"
    assert (tmp_path / "server.log.1").read_bytes() == b"x" * 100 + b"y"


def test_a_file_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    cut(tmp_path / "server.log")

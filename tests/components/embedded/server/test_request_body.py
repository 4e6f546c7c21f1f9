"""A body is taken in whole up to the limit, however it comes."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.embedded.server.request_body import Message, Receive, Refused, read_body, replay

GONE: Message = {"type": "http.disconnect"}


def receiving(messages: Sequence[Message]) -> Receive:
    left = iter(messages)

    async def receive() -> Message:
        await asyncio.sleep(0)
        return next(left)

    return receive


def messages_of(parts: Sequence[bytes]) -> list[Message]:
    last = len(parts) - 1
    return [{"type": "http.request", "body": part, "more_body": index < last} for index, part in enumerate(parts)]


def scope(**headers: str) -> Message:
    return {"headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]}


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=6), st.integers(min_value=0, max_value=30))
def test_a_body_is_the_sum_of_its_parts(parts: list[bytes], room: int) -> None:
    whole = b"".join(parts)

    assert asyncio.run(read_body(scope(), receiving(messages_of(parts)), len(whole) + room)) == whole


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=6))
def test_a_body_that_grows_over_the_limit_is_refused_with_the_limit(parts: list[bytes]) -> None:
    limit = sum(map(len, parts)) - 1

    with pytest.raises(Refused, match=f"at most {limit} are allowed") as caught:
        asyncio.run(read_body(scope(), receiving(messages_of(parts)), limit))

    assert caught.value.status == 413


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "Multipart/Form-Data", "application/vnd.bentoml+pickle"]
)
def test_a_body_that_would_not_be_read_as_json_is_refused(kind: str) -> None:
    with pytest.raises(Refused, match="application/json") as caught:
        asyncio.run(read_body(scope(content_type=kind), receiving([]), 100))

    assert caught.value.status == 415


def test_a_body_that_is_announced_as_too_large_is_not_waited_for() -> None:
    with pytest.raises(Refused, match="got a body of 101 bytes; at most 100 are allowed"):
        asyncio.run(read_body(scope(content_length="101"), receiving([]), 100))


def test_a_caller_who_goes_away_is_refused_as_gone() -> None:
    started = messages_of([b"{", b""])[:1]

    with pytest.raises(Refused) as caught:
        asyncio.run(read_body(scope(), receiving([*started, GONE]), 100))

    assert caught.value.status == 499


def test_the_application_receives_the_body_once_and_then_what_follows() -> None:
    async def receive_twice() -> list[Message]:
        receive = replay(b"whole", receiving([GONE]))
        return [await receive(), await receive()]

    assert asyncio.run(receive_twice()) == [*messages_of([b"whole"]), GONE]

"""Rows are answered in order, in batches of what waits, and never held back."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.embedded.server.batcher import Batcher
from tests.support.patience import PATIENCE_S


class Model:
    """Doubles numbers; each call waits until the test lets it go."""

    def __init__(self, *, open_gate: bool = True) -> None:
        self.calls: list[list[int]] = []
        self.gate = threading.Event()
        self.started = threading.Event()
        if open_gate:
            self.gate.set()

    def __call__(self, rows: Sequence[int]) -> list[int]:
        self.calls.append(list(rows))
        self.started.set()
        assert self.gate.wait(PATIENCE_S)
        if any(row < 0 for row in rows):
            raise ValueError("a negative row")
        return [2 * row for row in rows]


@given(
    st.lists(st.lists(st.integers(min_value=0, max_value=99), min_size=1, max_size=9), max_size=9), st.integers(1, 5)
)
def test_every_request_gets_its_own_answers_and_no_call_is_larger_than_the_limit(
    requests: list[list[int]], limit: int
) -> None:
    model = Model()
    batcher = Batcher(model, limit, 1)

    async def ask() -> list[list[int]]:
        return list(await asyncio.gather(*(batcher.answer(rows) for rows in requests)))

    assert asyncio.run(ask()) == [[2 * row for row in rows] for rows in requests]
    assert all(len(call) <= limit for call in model.calls)
    assert [row for call in model.calls for row in call] == [row for rows in requests for row in rows]


def test_what_arrives_while_a_call_runs_shares_the_next_call() -> None:
    model = Model(open_gate=False)
    batcher = Batcher(model, 8, 1)

    async def ask() -> None:
        first = asyncio.create_task(batcher.answer([0]))
        await asyncio.to_thread(model.started.wait, PATIENCE_S)
        others = [asyncio.create_task(batcher.answer([number])) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        model.gate.set()
        assert await first == [0]
        assert [await other for other in others] == [[2], [4], [6]]

    asyncio.run(ask())

    assert model.calls == [[0], [1, 2, 3]]


def test_a_row_whose_caller_gave_up_is_not_called() -> None:
    model = Model(open_gate=False)
    batcher = Batcher(model, 1, 1)

    async def ask() -> None:
        first = asyncio.create_task(batcher.answer([0]))
        await asyncio.to_thread(model.started.wait, PATIENCE_S)
        given_up = asyncio.create_task(batcher.answer([1]))
        last = asyncio.create_task(batcher.answer([2]))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        model.gate.set()
        assert await first == [0]
        assert await last == [4]
        with pytest.raises(asyncio.CancelledError):
            await given_up

    asyncio.run(ask())

    assert model.calls == [[0], [2]]


def test_a_request_of_few_rows_does_not_wait_for_all_the_rows_of_a_large_one() -> None:
    model = Model(open_gate=False)
    batcher = Batcher(model, 4, 1)

    async def ask() -> None:
        large = asyncio.create_task(batcher.answer(range(1000)))
        await asyncio.to_thread(model.started.wait, PATIENCE_S)
        small = asyncio.create_task(batcher.answer([5000]))
        await asyncio.sleep(0)
        model.gate.set()
        assert await small == [10_000]
        assert not large.done()
        assert await large == [2 * row for row in range(1000)]

    asyncio.run(ask())

    called_before = next(index for index, call in enumerate(model.calls) if 5000 in call)
    assert called_before <= 5


def test_rows_that_wait_for_their_turn_are_given_up_with_their_request() -> None:
    model = Model(open_gate=False)
    batcher = Batcher(model, 4, 1)

    async def ask() -> None:
        large = asyncio.create_task(batcher.answer(range(1000)))
        await asyncio.to_thread(model.started.wait, PATIENCE_S)
        large.cancel()
        with pytest.raises(asyncio.CancelledError):
            await large
        model.gate.set()
        assert await batcher.answer([5000]) == [10_000]

    asyncio.run(ask())

    assert [call for call in model.calls if 5000 not in call] == model.calls[:1]


def test_a_large_request_of_which_a_row_fails_is_ended_without_a_trace_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    batcher = Batcher(Model(), 4, 1)

    async def ask() -> None:
        with pytest.raises(ValueError, match="a negative row"):
            await batcher.answer([*range(40), -1, *range(40)])

    asyncio.run(ask())

    assert caplog.records == []


def test_a_call_that_fails_fails_its_requests_and_the_next_one_is_answered() -> None:
    model = Model()
    batcher = Batcher(model, 1, 1)

    async def ask() -> list[int]:
        with pytest.raises(ValueError, match="a negative row"):
            await batcher.answer([-1])
        return await batcher.answer([5])

    assert asyncio.run(ask()) == [10]


def test_as_many_calls_run_at_once_as_were_asked_for() -> None:
    both = threading.Barrier(2, timeout=PATIENCE_S)

    def call(rows: Sequence[int]) -> Sequence[int]:
        both.wait()
        return rows

    batcher = Batcher(call, 1, 2)

    async def ask() -> list[list[int]]:
        return list(await asyncio.gather(batcher.answer([1]), batcher.answer([2])))

    assert asyncio.run(ask()) == [[1], [2]]

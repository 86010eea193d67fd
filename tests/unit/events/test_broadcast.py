"""One publisher, many watchers."""

import asyncio

import pytest

from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import TextStreamed
from nanoclaw.model.turns import TurnId
from tests.unit.store.conftest import HERE


def event(number: int) -> TextStreamed:
    return TextStreamed(address=HERE, turn=TurnId(number), text=str(number))


async def test_every_watcher_gets_what_is_published_from_then_on() -> None:
    broadcast = Broadcast()
    broadcast.publish(event(0))
    with broadcast.subscribe() as first:
        broadcast.publish(event(1))
        with broadcast.subscribe() as second:
            broadcast.publish(event(2))
            assert [await first.next(), await first.next()] == [event(1), event(2)]
            assert await second.next() == event(2)


async def test_a_watcher_can_wait_for_an_event() -> None:
    broadcast = Broadcast()
    with broadcast.subscribe() as watcher:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(watcher.next(), name="wait")
            await asyncio.sleep(0)
            broadcast.publish(event(1))
        assert waiting.result() == event(1)


async def test_a_watcher_that_falls_behind_loses_the_oldest_and_slows_nobody_down() -> None:
    broadcast = Broadcast()
    with broadcast.subscribe() as slow, broadcast.subscribe() as quick:
        seen = []
        for number in range(1_500):
            broadcast.publish(event(number))
            seen.append((await quick.next()) == event(number))
        assert all(seen)
        assert [await slow.next() for _ in range(1_000)] == [event(number) for number in range(500, 1_500)]


async def test_leaving_the_block_ends_the_watching() -> None:
    broadcast = Broadcast()
    with broadcast.subscribe() as watcher:
        broadcast.publish(event(1))
    broadcast.publish(event(2))
    assert await watcher.next() == event(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await watcher.next()


async def test_leaving_by_an_error_ends_the_watching_too() -> None:
    broadcast = Broadcast()
    with pytest.raises(ValueError, match="on purpose"), broadcast.subscribe():
        raise ValueError("on purpose")
    assert broadcast._subscriptions == set()


async def test_events_can_be_iterated_until_the_reader_stops() -> None:
    broadcast = Broadcast()
    with broadcast.subscribe() as watcher:
        for number in range(3):
            broadcast.publish(event(number))
        seen = []
        async for one in watcher:
            seen.append(one)
            if len(seen) == 3:
                break
        assert seen == [event(0), event(1), event(2)]

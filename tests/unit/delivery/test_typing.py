"""Typing lights."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nanoclaw.delivery.typing import TypingLights
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import TypingChanged
from tests.fakes.waiting import until
from tests.unit.delivery.conftest import Network
from tests.unit.store.conftest import HERE, address


@asynccontextmanager
async def lit(network: Network, *, refresh: float = 4) -> AsyncIterator[tuple[TypingLights, Broadcast]]:
    broadcast = Broadcast()
    lights = TypingLights({network.name: network}, broadcast, refresh_seconds=refresh)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(lights.run(), name="typing")
        yield lights, broadcast
        task.cancel()


async def test_switching_is_told_once_and_broadcast(network: Network) -> None:
    async with lit(network) as (lights, broadcast):
        with broadcast.subscribe() as events:
            for typing in (True, True, False, False):
                lights.show(HERE, typing)
            assert await events.next() == TypingChanged(address=HERE, typing=True)
            assert await events.next() == TypingChanged(address=HERE, typing=False)
        await until(lambda: network.typed == [("main", True), ("main", False)])


async def test_while_it_is_on_it_is_shown_again_and_again(network: Network) -> None:
    async with lit(network, refresh=0.05) as (lights, _):
        lights.show(HERE, True)
        await until(lambda: len(network.typed) >= 4)
        lights.show(HERE, False)
        await until(lambda: network.typed[-1] == ("main", False))
        count = len(network.typed)
        await asyncio.sleep(0.2)
        assert len(network.typed) == count


async def test_one_chats_light_is_kept_on_though_others_change_all_the_time(network: Network) -> None:
    async with lit(network, refresh=0.1) as (lights, _):
        lights.show(HERE, True)
        for number in range(30):
            lights.show(address(f"c{number % 2}"), number % 4 < 2)
            await asyncio.sleep(0.02)
        assert network.typed.count(("main", True)) >= 3


async def test_channels_without_typing_and_unknown_channels_are_left_alone(network: Network) -> None:
    network.can_type = False
    async with lit(network) as (lights, _):
        lights.show(HERE, True)
        lights.show(address("x", "nowhere"), True)
        await asyncio.sleep(0.02)
    assert network.typed == []


async def test_a_channel_that_hangs_or_breaks_spoils_it_for_nobody(network: Network) -> None:
    network.failures = [KeyError("a mistake of the channel's author")]
    async with lit(network, refresh=0.05) as (lights, _):
        lights.show(HERE, True)
        await until(lambda: len(network.typed) >= 1)
        network.open.clear()
        await asyncio.sleep(0.2)
        network.open.set()
        lights.show(HERE, False)
        await until(lambda: network.typed[-1] == ("main", False))

"""A channel that runs for the length of a ``with`` block, as the daemon would run it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nanoclaw.channels.contract import Channel, ChannelStatus, Surroundings


@asynccontextmanager
async def running(channel: Channel, surroundings: Surroundings) -> AsyncIterator[None]:
    """Enter when the channel is up; cancel it and wait for its end on the way out."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(channel.run(surroundings), name=f"channel-{channel.name}")
        async with asyncio.timeout(20):
            while channel.state().status is not ChannelStatus.UP:  # noqa: ASYNC110 - a state has no event
                await asyncio.sleep(0.005)
        try:
            yield
        finally:
            task.cancel()

"""Waiting for what tells nobody that it happened."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait until it holds, looking again and again; where something has an event, wait for that instead.

    Raises:
        TimeoutError: it did not in time.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - files, states and other processes have no event
            await asyncio.sleep(0.01)

"""The scripted model as a program of its own."""

import asyncio
from collections.abc import Callable

from nanoclaw.model.clock import SystemClock
from nanoclaw.stub_model.script import Script
from nanoclaw.stub_model.server import StubModel


async def serve(port: int, script: Script, announce: Callable[[str], None]) -> None:
    """Listen on 127.0.0.1 until cancelled; ``announce`` is told the base URL once it listens. Port 0 takes a free one.

    Raises:
        StubModelError: The port is taken.
    """
    model = StubModel(script, SystemClock())
    try:
        announce(await model.start(port))
        await asyncio.Event().wait()
    finally:
        await model.close()

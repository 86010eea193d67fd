"""Asks the daemon where one runs, and its files where none does."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context
from nanoclaw.control.client import ControlClient, Document
from nanoclaw.control.errors import DaemonDownError
from nanoclaw.daemon.lock import HomeInUseError

if TYPE_CHECKING:
    # pydantic is imported only without a daemon: with one, answers come as plain JSON.
    from pydantic import BaseModel

    from nanoclaw.control.service import Service


_PATIENCE = 5.0
"""Seconds for a daemon that has just been started to answer, or for a command that has the home to end."""
_PAUSE = 0.1


def ask(
    context: Context,
    live: Callable[[ControlClient], Document],
    stored: "Callable[[Service], Awaitable[BaseModel]]",
) -> Document:
    """The answer to one question, from whoever can give it.

    Raises:
        NanoclawError: neither can, and why.
    """
    ends = context.clock.monotonic() + _PATIENCE
    while True:
        try:
            return live(context.client)
        except DaemonDownError:
            try:
                return asyncio.run(_ask_files(context, stored))
            except HomeInUseError:
                if context.clock.monotonic() > ends:
                    raise
        time.sleep(_PAUSE)


async def _ask_files(context: Context, question: "Callable[[Service], Awaitable[BaseModel]]") -> Document:
    async with context.open_service(context.home) as service:
        return (await question(service)).model_dump(mode="json")

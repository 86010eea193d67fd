"""Asks the daemon where one runs, and its files where none does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context
from nanoclaw.control.client import ControlClient, Document
from nanoclaw.control.errors import DaemonDownError

if TYPE_CHECKING:
    # pydantic is imported only without a daemon: with one, answers come as plain JSON.
    from pydantic import BaseModel

    from nanoclaw.control.service import Service


def ask(
    context: Context,
    live: Callable[[ControlClient], Document],
    stored: "Callable[[Service], Awaitable[BaseModel]]",
) -> Document:
    """The answer to one question, from whoever can give it.

    Raises:
        NanoclawError: neither can, and why.
    """
    try:
        return live(context.client)
    except DaemonDownError:
        return asyncio.run(_ask_files(context, stored))


async def _ask_files(context: Context, question: "Callable[[Service], Awaitable[BaseModel]]") -> Document:
    async with context.open_service(context.home) as service:
        return (await question(service)).model_dump(mode="json")

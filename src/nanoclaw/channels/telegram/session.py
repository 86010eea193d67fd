"""A bot's line to the Bot API, for as long as one token is good."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from telegram import Bot, User
from telegram.error import NetworkError

from nanoclaw.channels.telegram.credential import Token
from nanoclaw.channels.telegram.options import TelegramOptions
from nanoclaw.channels.telegram.tempo import PATIENT, Tempo
from nanoclaw.channels.telegram.transport import STAND_IN, Transport

WANTED = ("message", "edited_message", "message_reaction", "callback_query")
"""Kinds of updates. Posts in channels are not among them."""
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The bot, who it is, and the way to it."""

    bot: Bot
    transport: Transport
    margin: float

    async def me(self) -> User:
        """The bot's own account; a proof that the token is good. Raises TelegramError."""
        return await self.bot.get_me()

    async def updates(self, offset: int | None, seconds: int) -> list[Any]:
        """The unconfirmed updates from ``offset`` on, as they came; waits up to ``seconds`` for the first.

        Not by the library's own method, which drops all when one cannot be read, and logs what they say. Raises
        TelegramError.
        """
        asked = {"limit": _AT_ONCE, "timeout": seconds, "allowed_updates": json.dumps(WANTED)}
        asked |= {} if offset is None else {"offset": offset}
        result = await self.transport.post(f"/getUpdates?{urlencode(asked)}", read_timeout=seconds + self.margin)
        if not isinstance(result, list):
            raise NetworkError("The server's answer holds no updates")
        return result


@asynccontextmanager
async def open_session(token: Token, options: TelegramOptions, tempo: Tempo = PATIENT) -> AsyncIterator[Session]:
    """A session for the length of the block. Nothing is asked yet."""
    connector = aiohttp.TCPConnector(limit=20)
    deadline = aiohttp.ClientTimeout(total=None, sock_connect=15)
    async with aiohttp.ClientSession(connector=connector, timeout=deadline, trust_env=not options.proxy) as http:
        transport = Transport(http, options.api_url, token, options.proxy)
        bot = Bot(STAND_IN, "bot", "file", request=transport, get_updates_request=transport)
        yield Session(bot=bot, transport=transport, margin=tempo.margin)

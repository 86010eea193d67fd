"""A command of this machine, as the other side of the local channel."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from nanoclaw.channels.contract import Channel, Surroundings
from nanoclaw.channels.local.channel import LocalChannel, LocalMessage
from nanoclaw.delivery.adapt import plain_words
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import Reply
from tests.fakes.counterpart import CHAT, Told


class _Command:
    def __init__(self, channel: LocalChannel, surroundings: Surroundings) -> None:
        self._channel = channel
        self._surroundings = surroundings

    async def say(self, external_id: str, text: str) -> Told:
        try:
            await self._channel.submit(LocalMessage(chat=CHAT, text=text, client_id=external_id))
        except (NanoclawError, UnicodeError) as error:
            return Told(accepted=False, why=str(error))
        return Told(accepted=True, name=external_id)

    async def give(self, external_id: str, text: str, file: Path) -> Told:
        try:
            await self._channel.submit(LocalMessage(chat=CHAT, text=text, client_id=external_id, files=(file,)))
        except NanoclawError as error:
            return Told(accepted=False, why=str(error))
        return Told(accepted=True, name=external_id)

    async def sees(self) -> list[str]:
        address = ChatAddress(channel=self._channel.name, chat=CHAT)
        lines = await self._surroundings.conversations.history(address, limit=100)
        return [line.text for line in lines if line.direction == "out"]

    async def gets(self, reply: Reply) -> bytes:
        """The terminal says where it lies."""
        assert reply.file is not None
        assert reply.file.path in plain_words(reply.text, reply.kind, reply.file)
        return await asyncio.to_thread(Path(reply.file.path).read_bytes)


class LocalCounterpart:
    """Whoever reaches the control socket."""

    chat = CHAT
    options: Mapping[str, Any] = {}
    bad_options: tuple[tuple[Mapping[str, Any], str], ...] = ()

    def open(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def make(self) -> Channel:
        return LocalChannel()

    @asynccontextmanager
    async def join(self, channel: Channel, surroundings: Surroundings) -> AsyncIterator[_Command]:
        assert isinstance(channel, LocalChannel)
        yield _Command(channel, surroundings)

    async def answers(self, where: str) -> bool:  # noqa: ARG002 - it is nowhere
        return False

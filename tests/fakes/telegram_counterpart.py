"""A person with Telegram on their telephone, as the other side of the Telegram channel; the server is our own."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nanoclaw.channels.contract import Channel, Surroundings
from nanoclaw.channels.telegram.channel import TelegramChannel
from nanoclaw.channels.telegram.tempo import Tempo
from nanoclaw.model.turns import Reply
from tests.fakes.counterpart import Told
from tests.fakes.telegram_server import OWNER, TelegramServer

TEMPO = Tempo(pauses=(0.05, 0.2))
_TEXT_LIMIT = 4096


def as_markdown(markup: str) -> str:
    """HTML of the bot's as the Markdown that it was: of emphasis as much as the suite writes."""
    return html.unescape(re.sub(r"</?i>", "*", markup))


def will_not_send(text: str) -> str:
    """Why Telegram's own programs do not send a text; empty when they do."""
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > _TEXT_LIMIT:
        return "MESSAGE_TOO_LONG"
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "strings must be encoded in UTF-8"
    return ""


class _Owner:
    """Sends again and again under the id that the server gave the first time, as a server that doubles would."""

    def __init__(self, server: TelegramServer) -> None:
        self._server = server
        self._numbers: dict[str, int] = {}

    async def say(self, external_id: str, text: str) -> Told:
        if why := will_not_send(text):
            return Told(accepted=False, why=why)
        return await self._sent(external_id, text, {})

    async def give(self, external_id: str, text: str, file: Path) -> Told:
        self._server.files[external_id] = await asyncio.to_thread(file.read_bytes)
        size = len(self._server.files[external_id])
        document = {"file_id": external_id, "file_unique_id": external_id, "file_name": file.name, "file_size": size}
        return await self._sent(external_id, None, {"document": document, **({"caption": text} if text else {})})

    async def _sent(self, external_id: str, text: str | None, more: dict[str, Any]) -> Told:
        if external_id not in self._numbers:
            self._numbers[external_id] = self._server.fresh_id()
        number = self._numbers[external_id]
        update = await self._server.says(text, message_id=number, **more)
        if not await self._server.fared(update):
            return Told(accepted=False, why="the bot asks for it again", name=str(number))
        return Told(accepted=True, name=str(number))

    async def sees(self) -> list[str]:
        sent = [one for one in self._server.sent if one.chat == OWNER["id"]]
        return [as_markdown(one.fields["text"]) if "parse_mode" in one.fields else one.seen.text for one in sent]

    async def gets(self, reply: Reply) -> bytes:  # noqa: ARG002 - there is only one
        (file,) = (one for one in self._server.sent if one.content)
        return file.content


class TelegramCounterpart:
    """Our own server, which knows whatever the channel uses."""

    chat = str(OWNER["id"])
    bad_options: tuple[tuple[Mapping[str, Any], str], ...] = (
        ({"api_url": "ftp://example.org"}, "api_url"),
        ({"api_url": "http://example.org"}, "api_url"),
        ({"poll_seconds": 0}, "poll_seconds"),
        ({"token": "1:secret"}, "token"),
    )

    def __init__(self) -> None:
        self.options: Mapping[str, Any] = {}
        self.server = TelegramServer()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        self.server = TelegramServer()
        with TemporaryDirectory() as folder:
            token = Path(folder) / "token"
            token.touch(mode=0o600)
            token.write_text(self.server.token)
            async with self.server.running():
                self.options = {"api_url": self.server.url, "token_file": str(token), "poll_seconds": 5}
                yield

    def make(self) -> Channel:
        return TelegramChannel(TEMPO)

    @asynccontextmanager
    async def join(
        self,
        channel: Channel,  # noqa: ARG002 - people know the server only
        surroundings: Surroundings,  # noqa: ARG002
    ) -> AsyncIterator[_Owner]:
        yield _Owner(self.server)

    async def answers(self, where: str) -> bool:
        """Whether the bot still polls."""
        assert where == "@andy_test_bot"
        before = len(self.server.offsets)
        await self.server.arrives(message={})
        await asyncio.sleep(0.2)
        return len(self.server.offsets) > before

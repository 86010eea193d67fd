"""A browser, as the other side of the web channel."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from aiohttp import ClientConnectionError, ClientSession

from nanoclaw.channels.contract import Channel, Surroundings
from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.model.turns import Reply
from tests.fakes.browser_session import BrowserSession, open_browser
from tests.fakes.counterpart import CHAT, Told


class _Visitor:
    def __init__(self, browser: BrowserSession) -> None:
        self._browser = browser

    async def say(self, external_id: str, text: str) -> Told:
        response = await self._browser.say(CHAT, text, external_id)
        answer = await response.json()
        return Told(accepted=response.status in {200, 201}, why=answer.get("error", ""), name=external_id)

    async def give(self, external_id: str, text: str, file: Path) -> Told:
        identity = str(uuid.uuid4())
        content = await asyncio.to_thread(file.read_bytes)
        response = await self._browser.upload(CHAT, file.name, content, identity=identity)
        if response.status == 201:
            body = {"id": external_id, "text": text, "files": [identity]}
            response = await self._browser.post(f"/api/chats/{CHAT}/messages", body)
        answer = await response.json()
        return Told(accepted=response.status in {200, 201}, why=answer.get("error", ""), name=external_id)

    async def sees(self) -> list[str]:
        response = await self._browser.get(f"/api/chats/{CHAT}/lines")
        return [line["text"] for line in (await response.json())["lines"] if line["direction"] == "out"]

    async def gets(self, reply: Reply) -> bytes:
        response = await self._browser.get(f"/api/chats/{CHAT}/files/out-{reply.id}")
        assert response.status == 200
        return await response.read()


class WebCounterpart:
    """Browsers come and go over the loopback address."""

    chat = CHAT
    options: Mapping[str, Any] = {"port": 0}
    bad_options: tuple[tuple[Mapping[str, Any], str], ...] = (
        ({"port": "many"}, "port"),
        ({"port": 70_000}, "port"),
        ({"host": "example.org"}, "host"),
    )

    def open(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def make(self) -> Channel:
        return WebChannel()

    @asynccontextmanager
    async def join(
        self,
        channel: Channel,
        surroundings: Surroundings,  # noqa: ARG002 - a browser sees what the page is told
    ) -> AsyncIterator[_Visitor]:
        assert isinstance(channel, WebChannel)
        async with open_browser(channel) as browser:
            yield _Visitor(browser)

    async def answers(self, where: str) -> bool:
        async with ClientSession() as session:
            try:
                await session.get(where)
            except ClientConnectionError:
                return False
        return True

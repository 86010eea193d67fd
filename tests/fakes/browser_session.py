"""A browser without a screen: signs in to the web channel, and speaks to its API as the page does."""

import io
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientTimeout, CookieJar

from nanoclaw.channels.web.channel import WebChannel


class BrowserSession:
    """One cookie jar and the address of one page."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def get(self, path: str, **options: Any) -> ClientResponse:
        response = await self.session.get(f"{self.url}{path}", allow_redirects=False, **options)
        await response.read()
        return response

    async def post(self, path: str, body: object = None, *, headers: dict[str, str] | None = None) -> ClientResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = await self.session.post(
            f"{self.url}{path}",
            data=io.BytesIO(data),
            headers={"Origin": self.url, **(headers or {})},
            allow_redirects=False,
        )
        await response.read()
        return response

    async def say(self, chat: str, text: str, external_id: str = "") -> ClientResponse:
        """Post one message; ``text`` may hold anything that JSON can."""
        return await self.post(f"/api/chats/{chat}/messages", {"id": external_id or str(uuid.uuid4()), "text": text})

    async def upload(
        self, chat: str, name: str, content: bytes, *, identity: str = "", media_type: str = "application/octet-stream"
    ) -> ClientResponse:
        """Put one file there, under an id of its own."""
        response = await self.session.put(
            f"{self.url}/api/chats/{chat}/files/{identity or uuid.uuid4()}",
            params={"name": name},
            data=io.BytesIO(content),
            headers={"Origin": self.url, "Content-Type": media_type},
        )
        await response.read()
        return response

    async def sign_in(self, channel: WebChannel) -> None:
        link = channel.login_url()
        assert link is not None
        response = await self.get(link.removeprefix(self.url))
        assert response.status == 303

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
        """The stream, once its ``hello`` was read."""
        async with self.session.get(f"{self.url}/api/events") as response:
            assert response.status == 200
            stream = _parse(response)
            kind, _ = await anext(stream)
            assert kind == "hello"
            yield stream
            await stream.aclose()


async def _parse(response: ClientResponse) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
    kind = ""
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))


@asynccontextmanager
async def open_browser(channel: WebChannel, *, signed_in: bool = True) -> AsyncIterator[BrowserSession]:
    """A fresh browser at the page of a channel that is up."""
    jar = CookieJar(unsafe=True)  # cookies of an address without a name
    async with ClientSession(cookie_jar=jar, timeout=ClientTimeout(total=20)) as session:
        browser = BrowserSession(session, channel.state().detail)
        if signed_in:
            await browser.sign_in(channel)
        yield browser

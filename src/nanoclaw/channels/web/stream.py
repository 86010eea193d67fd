"""Server-sent events: what happens in the owner's chats, told to one open page.

Nothing is replayed: a page that (re)connects reads the history, which is the truth, after the stream's first event.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import ExitStack
from typing import Any

from aiohttp import web

from nanoclaw.channels.contract import ChatCard, Conversations
from nanoclaw.channels.web.wire import show_event
from nanoclaw.events.kinds import Event
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock

HEARTBEAT_SECONDS = 15.0
_WRITE_SECONDS = 30.0


class _StreamEndedError(Exception):
    """The server stops, or the session is over."""


class EventStreams:
    """All open streams; :meth:`end` closes them."""

    def __init__(self, conversations: Conversations, clock: Clock, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._conversations = conversations
        self._clock = clock
        self._heartbeat = heartbeat
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Let every stream end now."""
        self._ending.set()

    async def serve(
        self, request: web.Request, channel: ChannelName, cards: Iterable[ChatCard], *, allowed: Callable[[], bool]
    ) -> web.StreamResponse:
        """Stream the events of these chats until the page goes, the server stops or ``allowed`` says no.

        The first event, ``hello``, names the chats: when it is there, nothing that happens from then on is missed.
        """
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        chats = [card.chat for card in cards]
        with ExitStack() as watches:
            streams = [
                watches.enter_context(self._conversations.watch(ChatAddress(channel=channel, chat=chat)))
                for chat in chats
            ]
            await response.prepare(request)
            page = _Outlet(response)
            try:
                await page.tell("hello", {"chats": chats})
                async with asyncio.TaskGroup() as tasks:
                    for stream in streams:
                        tasks.create_task(self._pass_on(stream, page), name="web-events")
                    tasks.create_task(self._beat(page, allowed), name="web-heartbeat")
                    tasks.create_task(self._wait_for_end(), name="web-stream-end")
            except* (_StreamEndedError, ConnectionError, TimeoutError):
                # The page is gone, or told to go: it reconnects by itself if it still exists.
                pass
        return response

    async def _pass_on(self, events: AsyncIterator[Event], page: "_Outlet") -> None:
        async for event in events:
            await page.tell(*show_event(event, self._clock.now()))

    async def _beat(self, page: "_Outlet", allowed: Callable[[], bool]) -> None:
        while allowed():
            await asyncio.sleep(self._heartbeat)
            await page.tell("alive", {})
        raise _StreamEndedError

    async def _wait_for_end(self) -> None:
        await self._ending.wait()
        raise _StreamEndedError


class _Outlet:
    """One page's connection, written by one task at a time."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._turn = asyncio.Lock()

    async def tell(self, kind: str, content: dict[str, Any]) -> None:
        text = f"event: {kind}\ndata: {json.dumps(content)}\n\n"
        async with self._turn, asyncio.timeout(_WRITE_SECONDS):
            await self._response.write(text.encode())

"""What the page asks for, as JSON. Every handler here runs for a signed-in owner only."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import ValidationError

from nanoclaw.channels.contract import Receipt, Surroundings
from nanoclaw.channels.web.answers import answer, problem
from nanoclaw.channels.web.files import Files, MissingFileError
from nanoclaw.channels.web.login import Login
from nanoclaw.channels.web.stream import EventStreams
from nanoclaw.channels.web.wire import TEXT_BYTES, NewMessage, show_chat, show_line
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, Sender
from nanoclaw.model.errors import NanoclawError

logger = logging.getLogger(__name__)

_OWNER = Sender(id="owner", name="You")
_LINES, _MOST_LINES = 100, 1_000
_BODY_SECONDS = 30.0

_ChatHandler = Callable[[web.Request, ChatAddress], Awaitable[web.StreamResponse]]


class Api:
    """The page's questions, answered from the surroundings."""

    def __init__(
        self, channel: ChannelName, surroundings: Surroundings, login: Login, streams: EventStreams, files: Files
    ) -> None:
        self._channel = channel
        self._files = files
        self._surroundings = surroundings
        self._conversations = surroundings.conversations
        self._login = login
        self._streams = streams

    def routes(self) -> list[web.RouteDef]:
        """Paths and their handlers."""
        chat = "/api/chats/{chat}"
        return [
            web.get("/api/chats", self._chats),
            web.get("/api/events", self._events, allow_head=False),
            web.get(f"{chat}/lines", self._in_chat(self._lines)),
            web.post(f"{chat}/messages", self._in_chat(self._message)),
            web.put(f"{chat}/files/{{id}}", self._in_chat(self._files.put)),
            web.get(f"{chat}/files/{{id}}", self._in_chat(self._files.get)),
            web.post(f"{chat}/typing", self._in_chat(self._typing)),
            web.post(f"{chat}/stop", self._in_chat(self._stop)),
            web.post("/api/logout", self._login.sign_out),
        ]

    async def _chats(self, _request: web.Request) -> web.Response:
        cards = await self._conversations.chats(self._channel)
        return answer({"chats": [show_chat(card) for card in cards if not card.hidden]})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        cards = tuple(card for card in await self._conversations.chats(self._channel) if not card.hidden)
        return await self._streams.serve(
            request, self._channel, cards, allowed=lambda: self._login.is_signed_in(request)
        )

    async def _lines(self, request: web.Request, address: ChatAddress) -> web.Response:
        wanted = request.query.get("limit", str(_LINES))
        if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= _MOST_LINES):
            return problem(400, "limit is not usable", f"It is a whole number from 1 to {_MOST_LINES}.")
        lines = await self._conversations.history(address, limit=int(wanted))
        return answer({"lines": [show_line(line) for line in lines]})

    async def _message(self, request: web.Request, address: ChatAddress) -> web.Response:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await request.read()
            new = NewMessage.model_validate_json(body)
        except ValidationError as error:
            return problem(400, f"The message is not well formed ({_places(error)})", "Reload the page and try again.")
        if len(new.text.encode()) > TEXT_BYTES:
            return _too_long()
        known = self._files.receipt(new.id)
        if known is not None:
            return _taken_in(replace(known, duplicate=True))
        try:
            receipt = await self._accept(new, address)
        except MissingFileError as error:
            return problem(410, str(error), error.hint)
        if not receipt.registered:
            return problem(409, "Nobody answers in this chat", "Register it as a group again, then try again.")
        return _taken_in(receipt)

    async def _accept(self, new: NewMessage, address: ChatAddress) -> Receipt:
        receipt = await self._surroundings.accept(
            InboundMessage(
                address=address,
                external_id=str(new.id),
                sender=_OWNER,
                text=new.text,
                sent_at=self._surroundings.clock.now(),
                files=self._files.find(new.files, address),
                answers=new.answers,
            )
        )
        if new.files and receipt.registered:
            self._files.stored(new.id, new.files, receipt)
        return receipt

    async def _typing(self, _request: web.Request, address: ChatAddress) -> web.Response:
        await self._conversations.expect(address)
        return web.Response(status=204)

    async def _stop(self, _request: web.Request, address: ChatAddress) -> web.Response:
        return answer({"stopped": await self._conversations.interrupt(address)})

    def _in_chat(self, handler: _ChatHandler) -> Handler:
        """Only chats that are in the list exist: a request cannot make one up."""

        async def find(request: web.Request) -> web.StreamResponse:
            chat = request.match_info["chat"]
            if all(card.chat != chat for card in await self._conversations.chats(self._channel)):
                return problem(404, "There is no such chat", "Reload the page to see which there are.")
            return await handler(request, ChatAddress(channel=self._channel, chat=chat))

        return find


def require_session(login: Login) -> Middleware:
    """A middleware: no answer of the API without a session, and a plain word when one cannot be given."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)
        if not login.is_signed_in(request):
            return problem(401, "You are signed out", "Open the link that `nanoclaw status` prints.")
        try:
            return await handler(request)
        except web.HTTPRequestEntityTooLarge:
            return _too_long()
        except web.HTTPException as error:
            return problem(error.status, error.reason, "Reload the page.")
        except (NanoclawError, TimeoutError) as error:
            # The page is told that nothing was accepted, and tries again by itself.
            logger.warning("the page's request failed", extra={"path": _route(request), "error": str(error)})
            hint = getattr(error, "hint", "") or "It is tried again by itself."
            return problem(503, str(error) or "That took too long", hint)

    return check


def _taken_in(receipt: Receipt) -> web.Response:
    return answer(
        {"id": f"in-{receipt.message}", "duplicate": receipt.duplicate, "turn": receipt.turn},
        status=200 if receipt.duplicate else 201,
    )


def _too_long() -> web.Response:
    return problem(413, "This message is longer than 1 MB", "Send it in parts.")


def _places(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return ", ".join(".".join(str(part) for part in problem["loc"]) or "JSON" for problem in problems[:5])


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""

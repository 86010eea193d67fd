"""A Bot API on loopback, with what goes wrong at the real one: floods, revoked tokens, other pollers, silence.

Told to, it also drops connections. It knows one bot, and refuses what Telegram refuses: HTML that it cannot read, texts
that are too long, topics that are not there, groups that moved.
"""

import asyncio
import itertools
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from nanoclaw.model.clock import SystemClock
from tests.fakes.telegram_rules import RefusedError, Shown, shown

TOKEN = "424242:AAtest-token_0123456789abcdefghijklmn"  # noqa: S105 - of nobody's bot
BOT = {"id": 424242, "is_bot": True, "first_name": "Andy", "username": "andy_test_bot"}
OWNER = {"id": 1001, "is_bot": False, "first_name": "Olga", "last_name": "Owner"}
ALLOWED = {"\N{THUMBS UP SIGN}", "\N{THUMBS DOWN SIGN}", "\N{HEAVY BLACK HEART}", "\N{FIRE}", "\N{PARTY POPPER}"}
_MEDIA = ("photo", "document", "video", "audio", "voice", "animation")
_LARGEST_DOWNLOAD = 20 * 1024 * 1024


@dataclass
class Sent:
    """A message of the bot's, as the server keeps it."""

    method: str
    chat: int
    id: int
    seen: Shown
    fields: dict[str, str]
    content: bytes = b""
    name: str = ""
    topic: int | None = None


@dataclass
class TelegramServer:
    """The server, and what tests do to it. ``faults`` are given, oldest first, to calls of their methods."""

    token: str = TOKEN
    url: str = ""
    calls: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    reactions: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    typed: list[tuple[int, int | None]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    faults: dict[str, deque[RefusedError | str]] = field(default_factory=dict)
    """A word instead of a refusal: ``silent`` never answers, ``drop`` closes the line, ``garbage`` answers nonsense."""
    moved: dict[int, int] = field(default_factory=dict)
    topics: dict[int, set[int]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    pictures_only: bool = False
    """``sendPhoto`` takes only what begins as a JPEG does."""
    files: dict[str, bytes] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    """Where a server with bad intentions says that files are."""
    pending: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    """Polls that wait for news."""
    given: Counter[int] = field(default_factory=Counter)
    """How often each update was handed out."""
    offsets: list[int | None] = field(default_factory=list)
    """What polls asked for."""

    def __post_init__(self) -> None:
        self._updates = itertools.count(500)
        self._messages = itertools.count(11)
        self._news = asyncio.Condition()
        self._poll = 0
        self._quiet = asyncio.Event()

    # ---- what tests do

    async def arrives(self, **update: Any) -> int:
        """An update for the bot; its number."""
        number = update.setdefault("update_id", next(self._updates))
        async with self._news:
            self.pending.append(update)
            self._news.notify_all()
        return int(number)

    def fresh_id(self) -> int:
        """The number of the next message."""
        return next(self._messages)

    async def says(self, text: str | None, *, chat: dict[str, Any] | int = 1001, **more: Any) -> int:
        """A message of the owner's; the number of its update. ``more``: fields of the Bot API's Message."""
        more.setdefault("message_id", self.fresh_id())
        place = chat if isinstance(chat, dict) else {"id": chat, "type": "private", "first_name": "Olga"}
        words = {} if text is None else {"text": text}
        message = {"date": SystemClock().now() // 1000, "from": OWNER, "chat": place, **words, **more}
        return await self.arrives(message=message)

    async def confirmed(self, update: int, seconds: float = 10) -> None:
        """Return once the bot's offset is past an update."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: not self._waits(update))

    async def fared(self, update: int, seconds: float = 10) -> bool:
        """Whether an update was confirmed, once that is clear: what is asked for a second time was not."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: not self._waits(update) or self.given[update] > 1)
            return not self._waits(update)

    def _waits(self, update: int) -> bool:
        return any(one["update_id"] == update for one in self.pending)

    async def all_confirmed(self, seconds: float = 10) -> None:
        """Return once nothing waits for the bot."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: not self.pending)

    def fails(self, method: str, *faults: RefusedError | str) -> None:
        """The next calls of a method fare so."""
        self.faults.setdefault(method.lower(), deque()).extend(faults)

    @property
    def texts(self) -> list[str]:
        """What is to be read in the chats, oldest first."""
        return [one.seen.text for one in self.sent]

    # ---- the server

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[None]:
        """Serve for the length of the block."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield
        finally:
            self._quiet.set()
            async with self._news:
                self._poll += 1
                self._news.notify_all()
            await runner.cleanup()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        self.calls.append(method)
        try:
            if (fault := self._fault(method)) is not None:
                return await self._misbehave(fault, request)
            result = await self._answer(method, request)
        except RefusedError as error:
            body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
            body |= {"parameters": error.parameters} if error.parameters else {}
            return web.json_response(body, status=error.code)
        return web.json_response({"ok": True, "result": result})

    async def _answer(self, method: str, request: web.Request) -> Any:
        if request.match_info["token"] != self.token:
            raise RefusedError(401, "Unauthorized")
        fields, files = await _fields(request)
        kind = method.removeprefix("send")
        if kind in _MEDIA:
            return self._media(kind, fields, files)
        if method == "getme":
            return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False}
        if method == "getupdates":
            return await self._getupdates(fields)
        handler = _METHODS.get(method)
        if handler is None:
            raise RefusedError(404, "Not Found")
        return handler(self, fields)

    def _fault(self, method: str) -> RefusedError | str | None:
        waiting = self.faults.get(method)
        return waiting.popleft() if waiting else None

    async def _misbehave(self, fault: RefusedError | str, request: web.Request) -> web.StreamResponse:
        if isinstance(fault, RefusedError):
            raise fault
        if fault == "silent":
            await self._quiet.wait()
        elif fault == "garbage":
            return web.Response(text='{"ok": true, "result": [')
        if request.transport is not None:
            request.transport.close()
        return web.Response()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if (fault := self._fault("file")) is not None:
            return await self._misbehave(fault, request)
        content = self.files.get(request.match_info["path"].removeprefix("files/"))
        if content is None or request.match_info["token"] != self.token:
            return web.Response(status=404)
        return web.Response(body=content)

    async def _getupdates(self, fields: dict[str, str]) -> list[dict[str, Any]]:
        offset = int(fields["offset"]) if "offset" in fields else None
        wanted = set(json.loads(fields.get("allowed_updates", "[]")))
        async with self._news:
            self._poll += 1
            mine = self._poll
            self.offsets.append(offset)
            if offset is not None:
                self.pending = [one for one in self.pending if one["update_id"] >= offset]
            self._news.notify_all()
            self.waiting += 1
            try:
                async with asyncio.timeout(float(fields.get("timeout", "0")) or 0.01):
                    await self._news.wait_for(lambda: self._poll != mine or self._from(offset))
            except TimeoutError:
                return []
            finally:
                self.waiting -= 1
            if self._poll != mine:
                raise RefusedError(409, "Conflict: terminated by other getUpdates request")
            found = [one for one in self._from(offset) if wanted & one.keys() or len(one) == 1]
            self.given.update(one["update_id"] for one in found[: int(fields["limit"])])
            self._news.notify_all()
            return found[: int(fields["limit"])]

    def _from(self, offset: int | None) -> list[dict[str, Any]]:
        return [one for one in self.pending if offset is None or one["update_id"] >= offset]

    def _place(self, fields: dict[str, str]) -> tuple[int, int | None]:
        chat = int(fields["chat_id"])
        if chat in self.moved:
            new = self.moved[chat]
            raise RefusedError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=new)
        if chat in self.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        topic = int(fields["message_thread_id"]) if "message_thread_id" in fields else None
        if topic is not None and topic not in self.topics.get(chat, set()):
            raise RefusedError(400, "Bad Request: message thread not found")
        return chat, topic

    def _keep(self, method: str, fields: dict[str, str], seen: Shown, **more: Any) -> dict[str, Any]:
        chat, topic = self._place(fields)
        one = Sent(method=method, chat=chat, id=next(self._messages), seen=seen, fields=fields, topic=topic, **more)
        self.sent.append(one)
        message = {"message_id": one.id, "date": SystemClock().now() // 1000, "from": BOT, "text": seen.text}
        place = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        return message | {"chat": place} | ({"message_thread_id": topic, "is_topic_message": True} if topic else {})

    def _sendmessage(self, fields: dict[str, str]) -> dict[str, Any]:
        return self._keep("message", fields, shown(fields.get("text", ""), fields.get("parse_mode"), 4096))

    def _media(self, method: str, fields: dict[str, str], files: dict[str, tuple[str, bytes]]) -> dict[str, Any]:
        name, content = files[method] if method in files else next(iter(files.values()))
        if method == "photo" and self.pictures_only and not content.startswith(b"\xff\xd8"):
            raise RefusedError(400, "Bad Request: IMAGE_PROCESS_FAILED")
        seen = shown(fields.get("caption", ""), fields.get("parse_mode"), 1024, empty=True)
        return self._keep(method, fields, seen, name=name, content=content)

    def _find(self, fields: dict[str, str]) -> Sent:
        chat, _ = self._place(fields)
        for one in self.sent:
            if (one.chat, one.id) == (chat, int(fields["message_id"])):
                return one
        raise RefusedError(400, "Bad Request: message to edit not found")

    def _editmessagetext(self, fields: dict[str, str]) -> dict[str, Any] | bool:
        one = self._find(fields)
        if one.method != "message":
            raise RefusedError(400, "Bad Request: there is no text in the message to edit")
        return self._edited(one, shown(fields["text"], fields.get("parse_mode"), 4096))

    def _editmessagecaption(self, fields: dict[str, str]) -> dict[str, Any] | bool:
        return self._edited(self._find(fields), shown(fields["caption"], fields.get("parse_mode"), 1024))

    def _edited(self, one: Sent, seen: Shown) -> bool:
        if one.seen == seen:
            raise RefusedError(400, "Bad Request: message is not modified")
        one.seen = seen
        return True

    def _editmessagereplymarkup(self, fields: dict[str, str]) -> bool:
        self._find(fields).fields.pop("reply_markup", None)
        return True

    def _setmessagereaction(self, fields: dict[str, str]) -> bool:
        chat, _ = self._place(fields)
        emojis = [one["emoji"] for one in json.loads(fields.get("reaction", "[]"))]
        if any(emoji.replace("\N{VARIATION SELECTOR-16}", "") not in ALLOWED for emoji in emojis):
            raise RefusedError(400, "Bad Request: REACTION_INVALID")
        self.reactions[chat, int(fields["message_id"])] = emojis
        return True

    def _sendchataction(self, fields: dict[str, str]) -> bool:
        self.typed.append(self._place(fields))
        return True

    def _answercallbackquery(self, fields: dict[str, str]) -> bool:
        self.answered.append(fields["callback_query_id"])
        return True

    def _getfile(self, fields: dict[str, str]) -> dict[str, Any]:
        identity = fields["file_id"]
        content = self.files.get(identity)
        if content is None:
            raise RefusedError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > _LARGEST_DOWNLOAD:
            raise RefusedError(400, "Bad Request: file is too big")
        path = self.paths.get(identity, f"files/{identity}")
        return {"file_id": identity, "file_unique_id": identity, "file_path": path}


_METHODS: dict[str, Callable[[TelegramServer, dict[str, str]], Any]] = {
    "sendmessage": TelegramServer._sendmessage,
    "editmessagetext": TelegramServer._editmessagetext,
    "editmessagecaption": TelegramServer._editmessagecaption,
    "editmessagereplymarkup": TelegramServer._editmessagereplymarkup,
    "setmessagereaction": TelegramServer._setmessagereaction,
    "sendchataction": TelegramServer._sendchataction,
    "answercallbackquery": TelegramServer._answercallbackquery,
    "getfile": TelegramServer._getfile,
}


async def _fields(request: web.Request) -> tuple[dict[str, str], dict[str, tuple[str, bytes]]]:
    fields, files = dict(request.query), {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
            value.file.close()
        else:
            fields[name] = str(value)
    return fields, files

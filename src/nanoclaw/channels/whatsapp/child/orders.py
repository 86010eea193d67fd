"""Carries out what the parent wants.

Messages leave one after the other, and nothing is sent twice that anybody saw arrive.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanoclaw.channels.whatsapp.child import outbound
from nanoclaw.channels.whatsapp.child.binding import jid
from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.client import Client, Keeping
from nanoclaw.channels.whatsapp.child.journal import Stage
from nanoclaw.channels.whatsapp.child.protobufs import neonize_pb2
from nanoclaw.channels.whatsapp.child.turns import OUT
from nanoclaw.channels.whatsapp.link import Done, Edit, Failed, Logout, Order, Probe, React, Read, Typing, Write

_SEND, _UPLOAD, _TELL, _PROBE = 80.0, 120.0, 15.0, 20.0
_EVIDENCE = 10.0
_CONNECTS = 8.0
_TURN = 15.0
_PASSING = {429, 500, 503}
_NOBODY = re.compile("no LID found|unknown server|recipient AD JID")
_ID = re.compile(r"\S*\d{5,}\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Post:
    """A message on its way out. ``build`` may take long: it uploads."""

    order: int
    client_id: str
    chat: str
    build: Callable[[], Awaitable[bytes]]


class _RefusedError(Exception):
    """It cannot be done; ``failed`` says why."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.why)
        self.failed = failed


class Orders:
    """All but pairing."""

    def __init__(self, client: Client, calls: Calls, keeping: Keeping) -> None:
        self._client = client
        self._library = client.library
        self._calls = calls
        self._journal = keeping.journal
        self._condition = keeping.condition
        self._clock = keeping.clock
        self._turns = keeping.turns
        self._sending = asyncio.Lock()
        self._running: dict[str, asyncio.Future[Done | Failed]] = {}

    async def carry_out(self, order: Order) -> Done | Failed:
        """Do it; never raises."""
        if not await self._is_connected():
            return Failed(order=order.order, why="WhatsApp is not connected", again=True)
        try:
            return await self._do(order)
        except TimeoutError:
            return Failed(order=order.order, why="WhatsApp did not answer in time", again=True, unsure=True)
        except _RefusedError as error:
            return error.failed

    async def _is_connected(self) -> bool:
        """Whether it is, or is in some seconds."""
        ends = self._clock.monotonic() + _CONNECTS
        while self._condition.state in {"starting", "connecting"} and self._clock.monotonic() < ends:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return self._condition.state == "connected"

    async def _do(self, order: Order) -> Done | Failed:
        if isinstance(order, Write | React | Edit):
            return await self._once(
                _Post(order=order.order, client_id=order.client_id, chat=order.chat, build=lambda: self._message(order))
            )
        match order:
            case Typing():
                state = 0 if order.on else 1
                return await self._tell(order, "SendChatPresence", jid(order.chat), state, 0)
            case Read():
                ids, at = " ".join(order.ids), self._clock.now() // 1000
                return await self._tell(order, "MarkRead", ids, at, jid(order.chat), jid(order.sender), "read")
            case Probe():
                return await self._tell(order, "SetPassive", False, seconds=_PROBE)
            case Logout():
                return await self._tell(order, "Logout", seconds=_PROBE)
            case _:
                return Failed(order=order.order, why="nobody knows this order", again=False)

    async def _tell(
        self, order: Order, function: str, *arguments: bytes | int | bool | str, seconds: float = _TELL
    ) -> Done | Failed:
        error = await self._calls.run(seconds, lambda: self._library.tell(function, *arguments))
        if error:
            return Failed(order=order.order, why=_words(error), again=True)
        return Done(order=order.order)

    async def _once(self, post: _Post) -> Done | Failed:
        """The same message given again while it is on its way is the same message."""
        running = self._running.get(post.client_id)
        if running is None:
            running = asyncio.get_running_loop().create_future()
            self._running[post.client_id] = running
            try:
                result = await self._send(post)
            except BaseException:
                running.cancel()
                raise
            finally:
                del self._running[post.client_id]
            running.set_result(result)
        result = await asyncio.shield(running)
        return result.model_copy(update={"order": post.order})

    async def _send(self, post: _Post) -> Done | Failed:
        sent = self._journal.find(post.client_id)
        if sent and sent.stage is Stage.NAMED and await self._did_arrive(sent.network_id):
            self._journal.end(post.client_id, Stage.DONE)
            return Done(order=post.order, id=sent.network_id)
        if sent and sent.stage is Stage.DONE:
            return Done(order=post.order, id=sent.network_id)
        message = await post.build()
        async with self._sending:
            try:
                self._journal.begin(post.client_id)
            except OSError as error:
                return Failed(order=post.order, why=f"the disk takes nothing: {error.strerror}", again=True)
            try:
                data = await self._calls.run(_SEND, lambda: self._send_now(post.chat, message))
            except TimeoutError:
                self._journal.end(post.client_id, Stage.NAMED)
                raise
            return self._sent(post, neonize_pb2.SendMessageReturnFunction.FromString(data))

    def _send_now(self, chat: str, message: bytes) -> bytes:
        if not self._turns.take(OUT, _TURN):
            busy = neonize_pb2.SendMessageReturnFunction(Error="the client is busy decrypting")
            return bytes(busy.SerializeToString())
        try:
            return self._library.ask("SendMessage", jid(chat), message)
        finally:
            self._turns.give(OUT)

    def _sent(self, post: _Post, answer: Any) -> Done | Failed:
        if not answer.Error:
            self._journal.end(post.client_id, Stage.DONE)
            return Done(order=post.order, id=answer.SendResponse.ID)
        code = _code(answer.Error)
        named = self._journal.find(post.client_id)
        if named is not None and named.stage is Stage.DONE:
            # Its answer came while the client gave up on it.
            return Done(order=post.order, id=named.network_id)
        unsure = not code and named is not None and named.stage is Stage.NAMED
        self._journal.end(post.client_id, Stage.NAMED if unsure else Stage.REFUSED)
        again = code in _PASSING if code else not _NOBODY.search(answer.Error)
        return Failed(order=post.order, why=_words(answer.Error), again=again, unsure=unsure, code=code)

    async def _did_arrive(self, network_id: str) -> bool:
        """Whether anybody tells that it arrived, within 10 s after the connection came up."""
        while not self._client.has_arrived(network_id) and self._condition.lasts() < _EVIDENCE:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # another thread writes what is looked at
        return self._client.has_arrived(network_id)

    async def _message(self, order: Write | React | Edit) -> bytes:
        match order:
            case React():
                return outbound.reaction_message(order, self._clock.now())
            case Edit():
                return outbound.edit_message(order, self._clock.now())
            case Write():
                return await self._written(order)

    async def _written(self, order: Write) -> bytes:
        if not order.file:
            return outbound.text_message(order)
        try:
            data = await self._calls.run(_TELL, Path(order.file).read_bytes)
        except OSError as error:
            raise _RefusedError(
                Failed(order=order.order, why=f"the file cannot be read: {error.strerror}", again=False)
            ) from error
        kind = outbound.upload_kind(order.media_type).number
        answer = neonize_pb2.UploadReturnFunction.FromString(
            await self._calls.run(_UPLOAD, lambda: self._library.ask("Upload", data, kind))
        )
        if answer.Error:
            raise _RefusedError(
                Failed(order=order.order, why=f"the file cannot be uploaded: {_words(answer.Error)}", again=True)
            )
        return outbound.file_message(order, answer.UploadResponse)


def _code(error: str) -> int:
    words = error.rsplit(" ", 1)
    return int(words[1]) if error.startswith("server returned error") and words[-1].isdecimal() else 0


def _words(error: str) -> str:
    """The library's words without ids."""
    return _ID.sub("#", error)[:200]

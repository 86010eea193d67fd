"""One WebSocket of the client: handshake, then either a login or a new device that wants to be linked, then stanzas."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import WSMsgType, web

from tests.fakes.whatsapp_network.addresses import SERVER
from tests.fakes.whatsapp_network.codec import decode, encode
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.frames import FrameReader, frame
from tests.fakes.whatsapp_network.nodes import Attributes, Node
from tests.fakes.whatsapp_network.noise import Handshake, Transport
from tests.fakes.whatsapp_network.pairing_code import CodePairing
from tests.fakes.whatsapp_network.protobufs import wa6
from tests.fakes.whatsapp_network.queries import answer
from tests.fakes.whatsapp_network.reception import Reception
from tests.fakes.whatsapp_network.world import World

HUNG_UP = "the client hung up in the handshake"
"""A problem, unless somebody killed it."""

_BEFORE_CLOSING = 0.3
"""The client needs time to read why, before it notices that the line is dead."""


class Connection:
    """Satisfies ``world.Line``."""

    def __init__(self, world: World, socket: web.WebSocketResponse) -> None:
        self.noise = b""
        self.companion: Companion | None = None
        self.refs: list[str] = []
        self.linking: Companion | None = None
        self.linked = asyncio.Event()
        self.typed_code: CodePairing | None = None
        self._world = world
        self._socket = socket
        self._reader = FrameReader()
        self._transport: Transport | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._sending = asyncio.Lock()
        self._delivery: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Until either side hangs up."""
        self._world.lines.append(self)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._talk()
                self._stop_delivering()
        finally:
            self._world.lines.remove(self)
            await self._socket.close()

    async def send(self, node: Node) -> None:
        """Send a stanza, unless the server is silent or the line is dead already."""
        await self._send(encode(node))

    async def garble(self, data: bytes) -> None:
        """Send a frame that holds no stanza."""
        await self._send(data)

    async def _send(self, data: bytes) -> None:
        assert self._transport
        if self._world.faults.silent or self._socket.closed:
            return
        async with self._sending:
            with suppress(ConnectionError):
                await self._socket.send_bytes(frame(self._transport.seal(data)))

    async def end(self, node: Node) -> None:
        """Say why, then hang up."""
        await self.send(node)
        await asyncio.sleep(_BEFORE_CLOSING)
        await self._socket.close()

    async def _talk(self) -> None:
        frames = self._incoming()
        hello = await anext(frames, None)
        if hello is None or self._world.faults.silent:
            async for _ in frames:
                pass
            return
        handshake = Handshake(self._world.authority)
        await self._socket.send_bytes(frame(handshake.answer(hello)))
        finish = await anext(frames, None)
        if finish is None:
            self._world.journal.problems.append(HUNG_UP)
            return
        self.noise, payload, self._transport = handshake.finish(finish)
        await self._admit(wa6.ClientPayload.FromString(payload))
        async for data in frames:
            opened = self._transport.open(data)
            if not self._world.faults.silent:
                await self._take(decode(opened))

    async def _incoming(self) -> AsyncIterator[bytes]:
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                for one in self._reader.feed(message.data):
                    yield one

    async def _admit(self, payload: wa6.ClientPayload) -> None:
        failure = self._world.faults.login
        self._world.journal.logins.append(f"device {payload.device}" if payload.username else "new device")
        self._world.journal.woke()
        if payload.username:
            companion = self._world.companions.get(payload.device)
            known = companion is not None and companion.noise == self.noise
            failure = failure or (None if known else {"reason": 401})
            if companion and not failure:
                await self._log_in(companion)
        elif not failure:
            await self._offer_codes()
        if failure:
            await self.end(Node("failure", failure))

    async def _offer_codes(self) -> None:
        self.refs = [secrets.token_hex(12) for _ in range(self._world.faults.codes)]
        codes = Node("pair-device", {}, [Node("ref", {}, ref.encode()) for ref in self.refs])
        await self.send(Node("iq", {"from": SERVER, "type": "set", "id": "codes", "xmlns": "md"}, [codes]))

    async def _log_in(self, companion: Companion) -> None:
        other = self._world.line_of(companion)
        if isinstance(other, Connection):
            other._stop_delivering()
            await other.end(Node("stream:error", {}, [Node("conflict", {"type": "replaced"})]))
        self.companion = companion
        await self.send(Node("success", {"t": self._world.now(), "lid": companion.lid, "creation": 1700000000}))

    async def _take(self, node: Node) -> None:
        if node.tag == "iq" and node.text("type") in {"get", "set"}:
            await self.send(self._link(node) or answer(self._world, self.companion, node))
            if node.find("active") and not self._delivery:
                await self._deliver()
        elif node.tag == "iq" and node.find("pair-device-sign"):
            await self._confirm_link()
        elif self.companion and node.tag != "iq":
            await Reception(self._world, self.companion, self).take(node)

    def _link(self, request: Node) -> Node | None:
        """Linking and leaving: questions of a connection rather than of an account."""
        about: Attributes = {"from": SERVER, "id": request.text("id"), "type": "result"}
        asked = request.find("link_code_companion_reg")
        if asked and asked.text("stage") == "companion_hello":
            self.typed_code = CodePairing(asked)
            return Node("iq", about, [self.typed_code.answer()])
        if asked and self.typed_code:
            self.typed_code.finish(asked)
            return Node("iq", about)
        if self.companion and request.find("remove-companion-device"):
            self._world.drop(self.companion.lid.device)
        return None

    async def _confirm_link(self) -> None:
        assert self.linking, "nobody was linking this device"
        self._world.companions[self.linking.lid.device] = self.linking
        self.linked.set()
        await self.end(Node("stream:error", {"code": 515}))

    async def _deliver(self) -> None:
        assert self.companion
        assert self._tasks
        backlog = self.companion.mailbox.begin()
        counts = {"count": len(backlog), "message": sum(node.tag == "message" for node in backlog)}
        counts["receipt"] = counts["count"] - counts["message"]
        await self.send(Node("ib", {"from": SERVER}, [Node("offline_preview", counts)]))
        self._delivery = self._tasks.create_task(self._empty(self.companion, len(backlog)), name="deliver")

    def _stop_delivering(self) -> None:
        if self._delivery:
            self._delivery.cancel()

    async def _empty(self, companion: Companion, waited: int) -> None:
        told = False
        while True:
            if not told and companion.mailbox.backlog_is_out():
                told = True
                await self.send(Node("ib", {"from": SERVER}, [Node("offline", {"count": waited})]))
            await self.send(await companion.mailbox.next())

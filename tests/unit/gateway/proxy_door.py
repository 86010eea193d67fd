"""A proxy behind a socket of its own, in a world of few names."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.gateway.connect_proxy import ConnectProxy
from nanoclaw.gateway.contract import Decision, GatewayEvent
from nanoclaw.gateway.network import Stream
from nanoclaw.gateway.policy import GroupPolicy
from tests.unit.gateway.stand_ins import (
    PUBLIC,
    LoopbackDialer,
)

HOST = "api.example.org"
ALLOW = (HOST, "*.wild.example", "localhost")
ZONE = {
    HOST: [PUBLIC],
    "a.wild.example": ["2606:4700::1", PUBLIC],
    "wild.example": [PUBLIC],
    "other.example": [PUBLIC],
    "localhost": ["127.0.0.1"],
}


@dataclass
class Door:
    socket: Path
    proxy: ConnectProxy
    dialer: LoopbackDialer
    policy: GroupPolicy

    async def connect(self) -> Stream:
        return Stream(*await asyncio.open_unix_connection(str(self.socket)))

    async def ask(self, head: bytes) -> tuple[int, Stream]:
        stream = await self.connect()
        stream.writer.write(head)
        async with asyncio.timeout(5):
            answer = await stream.reader.readuntil(b"\r\n\r\n")
        return int(answer.split()[1]), stream

    async def refused(self, head: bytes) -> int:
        status, stream = await self.ask(head)
        await stream.reader.read()
        await stream.close(5)
        return status


Open = Callable[..., Awaitable[Door]]


@asynccontextmanager
async def public_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


def connect(authority: str = f"{HOST}:443") -> bytes:
    return f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()


def last_decision(events: list[GatewayEvent]) -> Decision:
    assert isinstance(events[-1], Decision)
    return events[-1]

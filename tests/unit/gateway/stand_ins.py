"""Stands for the outside world on loopback: the Messages API, a public TLS server, the resolver and the dialer."""

import asyncio
import datetime as dt
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, UnixConnector, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import settings

from nanoclaw.gateway.addresses import Address
from nanoclaw.gateway.contract import GatewayEvent
from nanoclaw.gateway.network import Stream

PATIENT = settings(deadline=None)
"""Machines that run tests are busy: no example has a time limit of its own."""
PUBLIC = "93.184.215.14"


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


START = event(
    "message_start",
    message={
        "model": "claude-test-1",
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 30,
            "output_tokens": 1,
        },
    },
)
TEXT = event(
    "content_block_delta", index=0, delta={"type": "text_delta", "text": 'say "usage": {"output_tokens": 999}'}
)
DELTA = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 40})
STOP = event("message_stop")


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def whole_stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for chunk in (START, TEXT, DELTA, STOP):
        await response.write(chunk)
    return response


@dataclass
class FakeMessagesApi:
    """A Messages API that records what it was sent and behaves as told."""

    behaviour: Behaviour = whole_stream
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.method, request.path_qs, headers, body))
        return await self.behaviour(request)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeMessagesApi"]:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


@asynccontextmanager
async def agent_session(directory: Path) -> AsyncIterator[ClientSession]:
    """What an agent's claude program would speak through."""
    connector = UnixConnector(str(directory / "model.sock"))
    async with ClientSession(
        base_url="http://model", connector=connector, timeout=ClientTimeout(total=20), trust_env=False
    ) as session:
        yield session


class FixedResolver:
    """A name server with a fixed zone."""

    def __init__(self, zone: dict[str, Sequence[str]]) -> None:
        self.zone = zone
        self.closed = False

    async def resolve(self, host: str) -> Sequence[Address]:
        if host not in self.zone:
            raise OSError(f"no such name: {host}")
        return tuple(ip_address(text) for text in self.zone[host])

    def close(self) -> None:
        self.closed = True


class SilentResolver:
    """A name server that takes its time."""

    async def resolve(self, host: str) -> Sequence[Address]:  # noqa: ARG002 - it answers nobody
        await asyncio.sleep(60)
        return ()

    def close(self) -> None:
        pass


def ignore(event: GatewayEvent) -> None:
    """A listener that does not care."""


class LoopbackDialer:
    """An internet in which every public address leads to one port of this machine."""

    def __init__(self, port: int, *, looks_names_up: bool = False) -> None:
        self.port = port
        self.looks_names_up = looks_names_up
        self.dialled: list[tuple[str, tuple[str, ...], int]] = []

    async def dial(self, host: str, addresses: Sequence[Address], port: int) -> Stream:
        self.dialled.append((host, tuple(map(str, addresses)), port))
        return Stream(*await asyncio.open_connection("127.0.0.1", self.port))


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts for a server that is called ``name`` and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = directory / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())


def client_hello(server_name: str | None) -> bytes:
    """The first flight of a real TLS client."""
    context = ssl.create_default_context()
    context.check_hostname = server_name is not None
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=server_name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server")

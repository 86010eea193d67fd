"""The proxy of one door: HTTP CONNECT to allowed public hosts over TLS, and nothing else."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from nanoclaw.gateway.addresses import Address, why_closed
from nanoclaw.gateway.client_hello import HelloState, read_hello
from nanoclaw.gateway.connect_head import MAX_HEAD, Refusal, Target, read_head
from nanoclaw.gateway.network import BUFFER, Dialer, Resolver, Stream
from nanoclaw.gateway.policy import GroupPolicy, normalise_host
from nanoclaw.gateway.reporting import Reporter
from nanoclaw.gateway.splice import splice

logger = logging.getLogger(__name__)

_UNREAD = "(unread)"
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
_NO_ANSWER = 0
"""The status of a refusal that comes after the 200 went out: the connection just closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLimits:
    """What one door's proxy grants."""

    connections: int = 64
    head_seconds: float = 10.0
    resolve_seconds: float = 10.0
    dial_seconds: float = 20.0
    hello_seconds: float = 10.0
    idle_seconds: float = 300.0
    linger_seconds: float = 1.0


class _RefusedError(Exception):
    def __init__(self, status: int, target: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.target = target
        self.reason = reason


class ConnectProxy:
    """Serves the connections of one door's ``proxy.sock``."""

    def __init__(
        self,
        policy: GroupPolicy,
        resolver: Resolver,
        dialer: Dialer,
        reporter: Reporter,
        limits: ProxyLimits | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._dialer = dialer
        self._reporter = reporter
        self._limits = limits or ProxyLimits()
        self._tasks: set[asyncio.Task[object]] = set()
        self._closing = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end. The callback of the asyncio server, which makes the task."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has a task
        task.set_name(f"gateway proxy {self._reporter.group}")
        client = Stream(reader, writer)
        crowded = len(self._tasks) >= self._limits.connections
        self._tasks.add(task)
        try:
            if crowded:
                raise _RefusedError(503, _UNREAD, "too many connections at once")  # noqa: TRY301 - answered like all refusals
            await self._tunnel(client)
        except _RefusedError as refused:
            self._reporter.denied(refused.target, refused.reason)
            await self._answer(client, refused)
        except asyncio.CancelledError:
            # asyncio's server takes a cancelled callback for a failure; the end that we asked for is none.
            if not self._closing:
                raise
        except OSError:
            # The agent went away: nobody is left to tell.
            logger.debug("A connection of %s to the proxy broke", self._reporter.group)
        except Exception:
            # Supervision boundary: a defect met by one connection must not go unseen, nor end the door.
            logger.exception("A connection of %s to the proxy failed", self._reporter.group)
        finally:
            self._tasks.discard(task)
            await client.close(self._parting_seconds)

    @property
    def _parting_seconds(self) -> float:
        """How long a peer may take to read what is left."""
        return 0.1 if self._closing else 5.0

    async def close(self) -> None:
        """End every connection."""
        self._closing = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=10)

    async def _tunnel(self, client: Stream) -> None:
        target = await self._read_target(client)
        if target is None:
            return
        addresses = await self._checked_addresses(target)
        server = await self._dial(target, addresses)
        try:
            client.writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await client.writer.drain()
            hello = await self._checked_hello(client, target)
            self._reporter.allowed(str(target), "allowed by the group's network policy")
            server.writer.write(hello)
            await splice(client, server, self._limits.idle_seconds)
        finally:
            await server.close(self._parting_seconds)

    async def _read_target(self, client: Stream) -> Target | None:
        """The target, allowed by name; None when the agent closed without a request."""
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                head = await client.reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            raise _RefusedError(408, _UNREAD, "the request did not come in time") from None
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            head = b""
        if not 0 < len(head) <= MAX_HEAD:
            raise _RefusedError(431, _UNREAD, "the request head is too large")
        match read_head(head):
            case Refusal(status=status, target=shown, reason=reason):
                raise _RefusedError(status, shown, reason)
            case target:
                if reason := self._policy.why_refused(target.host, target.port):
                    if self._policy.asks:
                        self._reporter.domain_refused(target.host, target.port)
                    raise _RefusedError(403, str(target), reason)
                return target

    async def _checked_addresses(self, target: Target) -> Sequence[Address]:
        try:
            async with asyncio.timeout(self._limits.resolve_seconds):
                addresses = await self._resolver.resolve(target.host)
        except (OSError, UnicodeError):
            addresses = ()
        if not addresses and not self._dialer.looks_names_up:
            raise _RefusedError(502, str(target), "the name does not resolve")
        for address in addresses:
            # One closed address is enough: a name that mixes them is a rebinding attack or a mistake.
            if kind := why_closed(address):
                raise _RefusedError(403, str(target), f"the name leads to an address that is not public ({kind})")
        return addresses

    async def _dial(self, target: Target, addresses: Sequence[Address]) -> Stream:
        try:
            async with asyncio.timeout(self._limits.dial_seconds):
                return await self._dialer.dial(target.host, addresses, target.port)
        except OSError:
            raise _RefusedError(502, str(target), "the host cannot be reached") from None

    async def _checked_hello(self, client: Stream, target: Target) -> bytes:
        """The first bytes of the tunnel, once they name the host that was asked for."""
        data = b""
        try:
            async with asyncio.timeout(self._limits.hello_seconds):
                while (hello := read_hello(data)).state is HelloState.INCOMPLETE:
                    chunk = await client.reader.read(BUFFER)
                    if not chunk:
                        raise _RefusedError(_NO_ANSWER, str(target), "closed before TLS began")
                    data += chunk
        except TimeoutError:
            raise _RefusedError(_NO_ANSWER, str(target), "TLS did not begin in time") from None
        if hello.state is HelloState.INVALID:
            raise _RefusedError(_NO_ANSWER, str(target), "the tunnel does not begin with TLS")
        if normalise_host(hello.server_name) != target.host:
            raise _RefusedError(_NO_ANSWER, str(target), "TLS names another host, or none")
        return data

    async def _answer(self, client: Stream, refused: _RefusedError) -> None:
        if refused.status == _NO_ANSWER:
            return
        body = f"The gateway refused this: {refused.reason}\n".encode()
        head = (
            f"HTTP/1.1 {refused.status} {_REASONS[refused.status]}\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        client.writer.write(head.encode("ascii") + body)
        client.writer.write_eof()
        if len(self._tasks) > self._limits.connections:
            return
        # Closing with unread bytes resets the connection, and a forwarder may drop the answer with it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.linger_seconds):
                while await client.reader.read(BUFFER):
                    pass

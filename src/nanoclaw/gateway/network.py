"""Names to addresses, and addresses to connections: the two things that tunnels ask of the outside world."""

import asyncio
import base64
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from nanoclaw.gateway.addresses import Address
from nanoclaw.gateway.contract import GatewayError

BUFFER = 64 * 1024
_SECONDS_PER_ADDRESS = 5.0
_MAX_ADDRESSES = 4
_RESOLVER_THREADS = 4


@dataclass(frozen=True, slots=True)
class Stream:
    """A connection in both directions."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def close(self, seconds: float) -> None:
        """Send what is written, then close; a peer that does not read is cut off after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                self.writer.close()
                await self.writer.wait_closed()
        except OSError:
            # A reset, or our own time limit: either way the connection is over.
            pass
        finally:
            self.writer.transport.abort()


class Resolver(Protocol):
    """Finds the addresses of a host."""

    async def resolve(self, host: str) -> Sequence[Address]:
        """All addresses of ``host``, best first; raises OSError when there is none."""
        ...

    def close(self) -> None:
        """Let go of threads and the like."""
        ...


class Dialer(Protocol):
    """Opens connections. The caller sets the deadline."""

    looks_names_up: bool
    """Whether it finds the addresses of a name by itself, and so reaches names that this machine does not know."""

    async def dial(self, host: str, addresses: Sequence[Address], port: int) -> Stream:
        """Connect to one of ``addresses``, which were found under ``host`` and checked; raises OSError."""
        ...


class SystemResolver:
    """Asks the machine's own resolver, in threads of its own: a slow name server must not hold up the program."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="gateway-resolver")

    async def resolve(self, host: str) -> Sequence[Address]:
        """All addresses of ``host``."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host)
        return tuple(dict.fromkeys(ip_address(address) for address in found))

    def close(self) -> None:
        """Let the threads end once their last question is answered."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]


class DirectDialer:
    """Connects to exactly the addresses that were checked, one after the other."""

    looks_names_up = False

    async def dial(self, host: str, addresses: Sequence[Address], port: int) -> Stream:
        """Connect to the first address that answers within 5 s."""
        failure: OSError = OSError(f"{host} has no address")
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                async with asyncio.timeout(_SECONDS_PER_ADDRESS):
                    return Stream(*await asyncio.open_connection(str(address), port, limit=BUFFER))
            except OSError as error:
                failure = error
        raise failure


class ProxyDialer:
    """Connects through the machine's own HTTP proxy.

    The proxy looks the name up again, so the addresses that were checked here are not the ones that it dials: what a
    name resolves to behind such a proxy is for the proxy to police. The check still refuses names that are private
    as seen from here. Where there is such a proxy, the machine's own name server often knows no outside names.
    """

    looks_names_up = True

    def __init__(self, proxy: str) -> None:
        """Take the proxy's URL, which may hold user and password.

        Raises:
            GatewayError: the URL is not one of an HTTP proxy.
        """
        self._proxy = parse_proxy(proxy)

    async def dial(self, host: str, addresses: Sequence[Address], port: int) -> Stream:  # noqa: ARG002 - see above
        """Ask the proxy for a tunnel to ``host``."""
        url = self._proxy
        tls = ssl.create_default_context() if url.scheme == "https" else None
        default_port = 443 if tls else 80
        stream = Stream(*await asyncio.open_connection(url.hostname, url.port or default_port, ssl=tls, limit=BUFFER))
        opened = False
        try:
            stream.writer.write(_connect_request(f"{host}:{port}", url))
            await stream.writer.drain()
            opened = await _says_yes(stream.reader)
        finally:
            if not opened:
                stream.writer.transport.abort()
        if not opened:
            raise ConnectionRefusedError(f"The proxy refused {host}")
        return stream


async def _says_yes(reader: asyncio.StreamReader) -> bool:
    try:
        answer = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return False
    version, _, rest = answer.partition(b" ")
    return version.startswith(b"HTTP/1.") and rest.startswith(b"200")


def parse_proxy(proxy: str) -> SplitResult:
    """Check the URL of the machine's proxy.

    Raises:
        GatewayError: it is not one of an HTTP proxy.
    """
    try:
        url = urlsplit(proxy)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        # The text is not shown: it may hold a password.
        raise GatewayError(
            "HTTPS_PROXY is not the address of an HTTP proxy",
            hint="Write http://host:port or http://user:password@host:port; SOCKS proxies are not supported.",
        )
    return url


def _connect_request(authority: str, proxy: SplitResult) -> bytes:
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode('ascii')}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")

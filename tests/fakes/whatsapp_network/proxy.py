"""The HTTP proxy that the client goes through: for the hosts of WhatsApp it ends at our own server."""

import asyncio
from contextlib import suppress

from tests.fakes.whatsapp_network.certificates import HOSTS
from tests.fakes.whatsapp_network.faults import Faults

_OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"
_NO = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Knows only ``CONNECT``."""

    def __init__(self, faults: Faults, server_port: int) -> None:
        self._faults = faults
        self._server_port = server_port
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.refused: list[str] = []
        """Whom the client wanted to reach and must not."""

    @property
    def url(self) -> str:
        """For the environment of the client."""
        assert self._listener
        return f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        """Serve from now on."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Serve no more, and cut what is open."""
        assert self._listener
        self._listener.close()
        self.cut()
        await self._listener.wait_closed()

    def cut(self) -> None:
        """Cut all connections, as a cable does: without a farewell."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            host = await self._asked_for(reader)
            if self._faults.hanging:
                await reader.read()
            elif self._faults.unreachable or host not in HOSTS:
                self.refused.append(host)
                writer.write(_NO)
                await writer.drain()
            else:
                writer.write(_OPEN)
                await self._join(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _asked_for(self, reader: asyncio.StreamReader) -> str:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, *_ = head.decode("latin-1").split(" ")
        return target.rpartition(":")[0] if method == "CONNECT" else f"{method} {target}"

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._writers.add(inner_writer)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pump(reader, inner_writer), name="to the server")
                tasks.create_task(_pump(inner_reader, writer), name="to the client")
        finally:
            self._writers.discard(inner_writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()

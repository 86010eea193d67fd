"""A way to a real Docker engine that can be cut and mended: forwards a Unix socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_ENGINE = "/var/run/docker.sock"


class EngineProxy:
    """Forwards ``path`` to the engine's own socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        """Let connections through."""
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._forward, self.path)

    async def cut(self) -> None:
        """Break every connection and let no new one through."""
        if self._server is not None:
            self._server.close()
        self.path.unlink(missing_ok=True)
        for writer in list(self._writers):
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            engine_reader, engine_writer = await asyncio.open_unix_connection(_ENGINE)
        except OSError:
            writer.close()
            return
        pair = {writer, engine_writer}
        self._writers |= pair
        try:
            await asyncio.gather(_copy(reader, engine_writer), _copy(engine_reader, writer))
        finally:
            self._writers -= pair
            for end in pair:
                end.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        return


@asynccontextmanager
async def engine_proxy(path: Path) -> AsyncIterator[EngineProxy]:
    """A proxy that is up, for the length of the block."""
    proxy = EngineProxy(path)
    await proxy.mend()
    try:
        yield proxy
    finally:
        await proxy.cut()

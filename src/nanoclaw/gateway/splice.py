"""Bytes both ways between two connections, at the speed of the slower one."""

import asyncio
from collections.abc import Callable

from nanoclaw.gateway.network import BUFFER, Stream


async def splice(client: Stream, server: Stream, idle_seconds: float) -> None:
    """Copy until both sides have ended, one breaks, or no byte has moved for ``idle_seconds``; closes neither.

    The end of one direction is passed on and leaves the other one open.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(idle_seconds) as deadline:

            def moved() -> None:
                deadline.reschedule(loop.time() + idle_seconds)

            await _both_ways(client, server, moved)
    except TimeoutError:
        # Nobody used it: for a tunnel that is an ordinary end.
        return


async def _both_ways(client: Stream, server: Stream, moved: Callable[[], None]) -> None:
    try:
        async with asyncio.TaskGroup() as directions:
            directions.create_task(_pump(client, server, moved), name="gateway tunnel outward")
            directions.create_task(_pump(server, client, moved), name="gateway tunnel inward")
    except* OSError:
        # A reset by either side ends the tunnel; the callers close what is left.
        pass


async def _pump(source: Stream, sink: Stream, moved: Callable[[], None]) -> None:
    while chunk := await source.reader.read(BUFFER):
        moved()
        sink.writer.write(chunk)
        await sink.writer.drain()
        moved()
    # A TLS connection to a proxy cannot be half closed; there the inner stream's own close tells the server.
    if sink.writer.can_write_eof():
        sink.writer.write_eof()

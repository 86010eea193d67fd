"""The real control server with the fake service, in a thread with an event loop of its own, for blocking clients."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from nanoclaw.control.server import ControlServer, control_application
from nanoclaw.daemon.answers.offline import open_service
from nanoclaw.settings.home import Home
from tests.fakes.service import FakeService

ResultT = TypeVar("ResultT")


class ServerThread:
    """What runs; :meth:`call` does something in its event loop and waits for it."""

    def __init__(self, service: FakeService, loop: asyncio.AbstractEventLoop) -> None:
        self.service = service
        self._loop = loop

    def call(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@contextmanager
def serving(socket: Path, service: FakeService | None = None) -> Iterator[ServerThread]:
    """Serve on a Unix socket until the block ends, or until the service is asked to stop."""
    service = service or FakeService()
    socket.parent.mkdir(parents=True, exist_ok=True)
    server = ControlServer(service, socket, heartbeat_seconds=0.2)

    async def stop_when_asked() -> None:
        await service.stop_asked.wait()
        await asyncio.sleep(0.05)
        await server.close()

    with _loop_thread() as loop:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
        stopper = asyncio.run_coroutine_threadsafe(stop_when_asked(), loop)
        try:
            yield ServerThread(service, loop)
        finally:
            stopper.cancel()
            asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)


@contextmanager
def serving_files(home: Home) -> Iterator[None]:
    """Serve on a home's own socket what its files hold, as a daemon does."""
    ended = asyncio.Event()

    async def serve(ready: threading.Event) -> None:
        async with open_service(home) as service:
            server = ControlServer(service, home.control_socket)
            await server.start()
            ready.set()
            await ended.wait()
            await server.close()

    with _loop_thread() as loop:
        ready = threading.Event()
        served = asyncio.run_coroutine_threadsafe(serve(ready), loop)
        assert ready.wait(10)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(ended.set)
            served.result(10)


@contextmanager
def serving_loopback(service: FakeService) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1; yields the address."""

    async def start() -> tuple[web.AppRunner, int]:
        runner = web.AppRunner(control_application(service), access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, int(runner.addresses[0][1])

    with _loop_thread() as loop:
        runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)


@contextmanager
def _loop_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="control server", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_drain(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _drain() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)

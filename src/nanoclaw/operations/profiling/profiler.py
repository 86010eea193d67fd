"""One profile at a time, in a thread of its own, so that a busy event loop is seen and not held up."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from nanoclaw.control.service import ConflictError
from nanoclaw.operations.profiling.heap import HeapProfile, profile_heap
from nanoclaw.operations.profiling.processor import ProcessorProfile, profile_processor

T = TypeVar("T")


class Profiler:
    """Profiles this process. Made in the event loop that is to be looked at."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._busy = threading.Lock()

    async def processor(self, seconds: float) -> ProcessorProfile:
        """A profile of the processor. Raises ConflictError: another is being made."""
        return await self._beside(lambda stop: profile_processor(seconds, stop, self.loop))

    async def heap(self, seconds: float, top: int) -> HeapProfile:
        """A profile of the memory. Raises ConflictError: another is being made."""
        return await self._beside(lambda stop: profile_heap(seconds, top, stop))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else profiles meanwhile. Raises ConflictError."""
        if not self._busy.acquire(blocking=False):
            raise ConflictError("A profile is being made already", hint="Wait for it to end, and ask again.")
        try:
            yield
        finally:
            self._busy.release()

    async def _beside(self, work: Callable[[threading.Event], T]) -> T:
        """In a thread that ends early when whoever waits is cancelled; not in the pool, whose end waits."""
        stop, done = threading.Event(), self.loop.create_future()
        busy = self.alone()
        busy.__enter__()

        def run() -> None:
            try:
                result, error = work(stop), None
            except Exception as failure:  # noqa: BLE001 - it belongs to whoever waits
                result, error = None, failure
            finally:
                busy.__exit__(None, None, None)
            if not self.loop.is_closed():
                self.loop.call_soon_threadsafe(_settle, done, result, error)

        threading.Thread(target=run, name="profiler", daemon=True).start()
        try:
            found: T = await done
        finally:
            stop.set()
        return found


def _settle(done: "asyncio.Future[T]", result: T, error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)

"""The scripted model as benchmarks use it: in this process, with request times in microseconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nanoclaw.model.clock import Milliseconds
from nanoclaw.stub_model.recording import RecordedRequest
from nanoclaw.stub_model.script import Script
from nanoclaw.stub_model.server import StubModel

_LOOK_SECONDS = 0.001


class MicrosecondClock:
    """A wall clock that counts microseconds, so that ``RecordedRequest.at`` is fine enough to measure with."""

    def now(self) -> Milliseconds:
        """Microseconds since the Unix epoch, whatever the type says."""
        return Milliseconds(time.time_ns() // 1_000)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()


class NotAskedError(Exception):
    """The model was not asked in time."""


@dataclass(frozen=True, slots=True)
class Model:
    """A scripted model that listens on loopback at ``url``."""

    stub: StubModel
    url: str

    @staticmethod
    def now() -> float:
        """The wall clock that requests are stamped with, in seconds."""
        return time.time_ns() / 1e9

    async def asked_about(self, text: str, *, seconds: float = 60) -> float:
        """When (wall clock, in seconds) the newest message of a request first held ``text``; waits for it.

        Raises:
            NotAskedError: it did not within ``seconds``.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for request in self.turns():
                if text in request.newest_text:
                    return request.at / 1e6
            await asyncio.sleep(_LOOK_SECONDS)
        raise NotAskedError(f"the model was not asked about {text!r} within {seconds:g} s")

    def turns(self, about: Callable[[RecordedRequest], bool] = lambda _: True) -> list[RecordedRequest]:
        """The agents' requests, newest 1,000, oldest first."""
        return [request for request in self.stub.requests if not request.is_side_request and about(request)]


@asynccontextmanager
async def scripted_model(script: Script | None = None) -> AsyncIterator[Model]:
    """A model that answers from ``script``; without one it echoes, at once."""
    stub = StubModel(script or Script(), MicrosecondClock())
    url = await stub.start()
    try:
        yield Model(stub=stub, url=url)
    finally:
        await stub.close()

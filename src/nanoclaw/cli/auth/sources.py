"""Where a pairing is followed: in the running daemon, or in this process."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from nanoclaw.control.client import ControlClient, Document
from nanoclaw.daemon.answers.pairing import shape_of
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.pairing.session import PairingSession


class Source(Protocol):
    """A pairing, as ``PairingShape`` in plain JSON."""

    async def begin(self, phone: str) -> Document:
        """Begin it."""
        ...

    async def look(self, after: int, seconds: float) -> Document:
        """How far it has come, once that is more than number ``after`` or the time is over."""
        ...

    async def give_up(self) -> None:
        """End it."""
        ...


class LiveSource:
    """The daemon's."""

    def __init__(self, client: ControlClient, channel: str) -> None:
        self._client = client
        self._channel = channel

    async def begin(self, phone: str) -> Document:
        """Ask the daemon to."""
        return await asyncio.to_thread(self._client.begin_pairing, self._channel, phone)

    async def look(self, after: int, seconds: float) -> Document:
        """Ask the daemon."""
        return await asyncio.to_thread(self._client.pairing, self._channel, after, seconds)

    async def give_up(self) -> None:
        """Tell the daemon; without us it does so after a minute by itself."""
        with suppress(NanoclawError):
            self._client.give_up_pairing(self._channel)


class OwnSource:
    """One of this process. ``make`` makes a pairing, for a telephone number or an empty text."""

    def __init__(
        self, channel: str, clock: Clock, tasks: asyncio.TaskGroup, make: Callable[[str], PairingSession]
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._tasks = tasks
        self._make = make
        self._session: PairingSession | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self, phone: str) -> Document:
        """Begin it in a task."""
        await self.give_up()
        self._session = self._make(phone)
        self._task = self._tasks.create_task(self._session.run(), name="pairing")
        return shape_of(self._channel, await self._session.view(), self._clock).model_dump(mode="json")

    async def look(self, after: int, seconds: float) -> Document:
        """Ask the task."""
        assert self._session is not None  # noqa: S101 - it was begun
        view = await self._session.view(after, seconds)
        return shape_of(self._channel, view, self._clock).model_dump(mode="json")

    async def give_up(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

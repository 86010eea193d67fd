"""One publisher, many watchers, none of whom can slow the publisher down."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from nanoclaw.events.kinds import Event

_BACKLOG = 1_000


class Subscription:
    """A watcher's own queue of events. A watcher that falls 1,000 events behind loses the oldest."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue(_BACKLOG)

    def offer(self, event: Event) -> None:
        """Queue an event without waiting."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(event)

    async def next(self) -> Event:
        """Wait for the next event."""
        return await self._queue.get()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield events until the caller stops."""
        while True:
            yield await self._queue.get()


class Broadcast:
    """Hands each published event to every subscription there is at that moment. For use in one event loop."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def publish(self, event: Event) -> None:
        """Hand out an event; returns at once."""
        for subscription in self._subscriptions:
            subscription.offer(event)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Watch events from now on, for the length of the ``with`` block."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

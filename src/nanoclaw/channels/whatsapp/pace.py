"""How fast we write: as a person would, to one chat and in all. What comes too fast waits; nothing is dropped.

A few messages go at once; from then on one leaves in each interval, a little irregularly.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nanoclaw.channels.contract import TemporarySendError
from nanoclaw.model.clock import Clock

_AT_ONCE = 5
_LONGEST_WAIT = 60.0
_JITTER = 0.3
_CHATS = 1_000


@dataclass(slots=True)
class _Queue:
    """``next`` is when a message would be due if they came evenly; it may be ahead by the few that go at once."""

    interval: float
    next: float = 0.0

    def wait(self, now: float) -> float:
        return max(0.0, self.next - (_AT_ONCE - 1) * self.interval - now)

    def take(self, now: float) -> None:
        self.next = max(self.next, now) + self.interval


@dataclass(slots=True, kw_only=True)
class Pace:
    """``chance`` gives a number from 0 to 1; ``sleep`` waits for so many seconds."""

    clock: Clock
    chat_per_minute: int
    all_per_minute: int
    chance: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _all: _Queue = field(init=False)
    _chats: dict[str, _Queue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = _Queue(60 / self.all_per_minute)

    async def turn(self, chat: str, waiting: Callable[[], Awaitable[None]]) -> None:
        """Return when a message may go to this chat; ``waiting`` is called first if that takes more than a moment.

        Raises:
            TemporarySendError: so many others wait that it would take too long.
        """
        now = self.clock.monotonic()
        own = self._queue(chat, now)
        wait = max(own.wait(now), self._all.wait(now))
        if wait > _LONGEST_WAIT:
            raise TemporarySendError(
                "More messages wait for WhatsApp than may be sent in a minute", after=_LONGEST_WAIT / 2
            )
        own.take(now)
        self._all.take(now)
        if wait:
            await waiting()
            await self.sleep(wait * (1 + _JITTER * self.chance()))

    def _queue(self, chat: str, now: float) -> _Queue:
        if len(self._chats) >= _CHATS:
            self._chats = {name: queue for name, queue in self._chats.items() if queue.next > now}
        return self._chats.setdefault(chat, _Queue(60 / self.chat_per_minute))

"""Not faster than Telegram allows: a message a second in a chat, twenty a minute in a group, thirty a second in all.

What Telegram says on top of it ("retry after so many seconds") is kept too.
"""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from nanoclaw.channels.contract import TemporarySendError
from nanoclaw.model.clock import Clock

_ALL, _ALL_SECONDS = 25, 1.0
_GROUP, _GROUP_SECONDS = 20, 60.0
# A question and its answer need not wait: a short burst is allowed, as it is there.
_CHAT, _CHAT_SECONDS = 3, 3.0
_WAIT_AT_MOST = 20.0
_CHATS = 1_000


@dataclass(slots=True)
class _Gate:
    """At most ``count`` in any ``seconds``."""

    count: int
    seconds: float
    passed: deque[float] = field(default_factory=deque)
    closed_until: float = 0.0

    def opens(self, now: float) -> float:
        """The moment from which one more may pass."""
        free = self.passed[-self.count] + self.seconds if len(self.passed) >= self.count else now
        return max(now, free, self.closed_until)

    def book(self, at: float) -> None:
        self.passed.append(at)
        while len(self.passed) > self.count:
            self.passed.popleft()


class Pace:
    """Says when the next message may go. Moments are booked in the order in which they are asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all = _Gate(_ALL, _ALL_SECONDS)
        self._chats: OrderedDict[int, tuple[_Gate, ...]] = OrderedDict()

    async def wait(self, chat: int) -> None:
        """Return when a message to this chat may go.

        Raises:
            TemporarySendError: that takes so long that the outbox shall see to it.
        """
        now = self._clock.monotonic()
        gates = (self._all, *self._gates(chat))
        at = max(gate.opens(now) for gate in gates)
        if at - now > _WAIT_AT_MOST:
            raise TemporarySendError("Telegram wants fewer messages in this chat", after=at - now)
        for gate in gates:
            gate.book(at)
        if at > now:
            await asyncio.sleep(at - now)

    def close(self, chat: int, seconds: float) -> None:
        """Telegram said to wait before the next message to this chat."""
        until = self._clock.monotonic() + seconds
        for gate in self._gates(chat):
            gate.closed_until = max(gate.closed_until, until)

    def is_closed(self, chat: int) -> bool:
        """Whether Telegram wants to be left alone for now."""
        return any(gate.closed_until > self._clock.monotonic() for gate in self._gates(chat))

    def _gates(self, chat: int) -> tuple[_Gate, ...]:
        gates = self._chats.pop(chat, None)
        if gates is None:
            gates = (_Gate(_CHAT, _CHAT_SECONDS),)
            # Groups have negative ids.
            gates += (_Gate(_GROUP, _GROUP_SECONDS),) if chat < 0 else ()
        self._chats[chat] = gates
        if len(self._chats) > _CHATS:
            self._chats.popitem(last=False)
        return gates

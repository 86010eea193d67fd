"""Time, passed in, so that a test can hold it."""

import time
from typing import NewType, Protocol

Milliseconds = NewType("Milliseconds", int)
"""Milliseconds since the Unix epoch (UTC), or a span of them where the name says so."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> Milliseconds:
        """The wall clock: milliseconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow; for deadlines and durations."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> Milliseconds:
        """The wall clock: milliseconds since the Unix epoch."""
        return Milliseconds(time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

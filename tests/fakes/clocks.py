"""Clocks that a test holds, sets and moves."""

from nanoclaw.model.clock import Milliseconds, SystemClock


class HeldClock:
    """Stands at ``value``, milliseconds since the Unix epoch, until a test sets it; its two clocks go together.

    ``step``: how many milliseconds each look at the wall clock takes; below zero it goes backwards.
    """

    def __init__(self, value: int = 1_795_341_600_000, *, step: int = 0) -> None:
        self.value = value
        self.step = step

    def now(self) -> Milliseconds:
        self.value += self.step
        return Milliseconds(self.value)

    def monotonic(self) -> float:
        return self.value / 1000


class HeldWallClock(HeldClock):
    """Held on the wall; the other clock is the machine's, so what has a deadline still comes to it."""

    def monotonic(self) -> float:
        return SystemClock().monotonic()


class ShiftedClock(SystemClock):
    """The machine's clocks, ``ahead`` by so many seconds."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead

    def now(self) -> Milliseconds:
        return Milliseconds(super().now() + int(self.ahead * 1000))

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

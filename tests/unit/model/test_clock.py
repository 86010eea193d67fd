"""The machine's clock."""

import time

from nanoclaw.model.clock import SystemClock


def test_now_is_the_wall_clock_in_milliseconds() -> None:
    before, now, after = time.time_ns() // 1_000_000, SystemClock().now(), time.time_ns() // 1_000_000
    assert before <= now <= after


def test_monotonic_never_goes_back() -> None:
    clock = SystemClock()
    moments = [clock.monotonic() for _ in range(100)]
    assert moments == sorted(moments)

"""Cron against its own definition, minute by minute through every kind of clock change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanoclaw.model.clock import Milliseconds
from nanoclaw.scheduling.cron import Cron

MINUTE = timedelta(minutes=1)
# Changes of one hour in both hemispheres, of half an hour, of two hours, at midnight; and none.
CHANGES = [
    ("America/New_York", datetime(2026, 3, 8, 7)),  # noqa: DTZ001 - in UTC, as all of these
    ("America/New_York", datetime(2026, 11, 1, 6)),  # noqa: DTZ001
    ("Europe/London", datetime(2026, 3, 29, 1)),  # noqa: DTZ001
    ("Europe/London", datetime(2026, 10, 25, 1)),  # noqa: DTZ001
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30)),  # noqa: DTZ001
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15)),  # noqa: DTZ001
    ("Antarctica/Troll", datetime(2026, 3, 29, 1)),  # noqa: DTZ001
    ("Antarctica/Troll", datetime(2026, 10, 25, 1)),  # noqa: DTZ001
    ("America/Santiago", datetime(2026, 9, 6, 4)),  # noqa: DTZ001
    ("Asia/Kolkata", datetime(2026, 3, 29, 1)),  # noqa: DTZ001
]

MINUTES = st.frozensets(st.integers(0, 59), min_size=1, max_size=4)
HOURS = st.frozensets(st.integers(0, 23), min_size=1, max_size=12)


def expected(
    start: datetime, zone: ZoneInfo, minutes: frozenset[int], hours: frozenset[int], *, once: bool
) -> list[int]:
    """By the definition: every minute after ``start``, for three days, whose clock face fits."""
    found, seen = [], set()
    before = start.astimezone(zone).replace(tzinfo=None) - MINUTE
    at = start - timedelta(hours=4)
    while at < start + timedelta(days=3):
        face = at.astimezone(zone).replace(tzinfo=None)
        skipped = list(_between(before, face)) if face > before + MINUTE and at > start - timedelta(hours=4) else []
        fits = [one for one in (*skipped, face) if one.minute in minutes and one.hour in hours]
        if (any(one not in seen for one in fits) if once else fits and fits[-1] == face) and at > start:
            found.append(int(at.timestamp() * 1000))
        seen.update(fits)
        before, at = face, at + MINUTE
    return found


def _between(before: datetime, face: datetime) -> Iterator[datetime]:
    while (before := before + MINUTE) < face:
        yield before


@pytest.mark.parametrize(("name", "change"), CHANGES)
@given(minutes=MINUTES, hours=HOURS, offset=st.integers(-300, 300), follows=st.booleans())
@settings(max_examples=40, deadline=None)
def test_times_are_those_that_the_clock_shows(
    name: str, change: datetime, minutes: frozenset[int], hours: frozenset[int], offset: int, *, follows: bool
) -> None:
    zone, start = ZoneInfo(name), change.replace(tzinfo=UTC) + offset * MINUTE
    if follows:
        hours = frozenset(range(24))
    written = [",".join(map(str, sorted(part))) for part in (minutes, hours)]
    cron = Cron(f"{written[0]} {'*' if follows else written[1]} * * *", zone)
    wanted = expected(start, zone, minutes, hours, once=not follows)
    begin = Milliseconds(int(start.timestamp() * 1000))
    assert list(islice(cron.after(begin), len(wanted))) == wanted


@pytest.mark.parametrize(("name", "change"), CHANGES)
@pytest.mark.parametrize("value", ["*/10 3 * * *", "*/10 0 * * *", "15 */3 * * *", "* 1 * * *", "*/7 */2 * * *"])
def test_a_star_with_a_step_follows_the_clock_for_days_after_a_change(name: str, change: datetime, value: str) -> None:
    zone, start = ZoneInfo(name), change.replace(tzinfo=UTC) - timedelta(hours=3)
    minute, hour, *_ = value.split()
    minutes, hours = (_numbers(part, most) for part, most in ((minute, 60), (hour, 24)))
    wanted = expected(start, zone, minutes, hours, once=False)
    found = islice(Cron(value, zone).after(Milliseconds(int(start.timestamp() * 1000))), len(wanted))
    assert list(found) == wanted


def _numbers(part: str, most: int) -> frozenset[int]:
    if part.startswith("*"):
        return frozenset(range(0, most, int(part[2:] or 1)))
    return frozenset({int(part)})

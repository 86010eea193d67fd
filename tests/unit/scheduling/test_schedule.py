"""When a task is due."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import Schedule, ScheduleKind
from nanoclaw.scheduling.schedule import Times, read_interval, read_moment

NEW_YORK, LONDON, LORD_HOWE = (ZoneInfo(name) for name in ("America/New_York", "Europe/London", "Australia/Lord_Howe"))


def epoch(moment: datetime) -> Milliseconds:
    return Milliseconds(int(moment.timestamp() * 1000))


def shown(value: str, zone: ZoneInfo, start: tuple[int, ...], count: int) -> list[str]:
    begin = epoch(datetime(*start, tzinfo=zone))  # type: ignore[misc, arg-type]
    times = Times(Schedule(kind=ScheduleKind.CRON, value=value), zone, begin).upcoming(begin, count)
    return [f"{time:%m-%d %H:%M %z}" for time in times]


@pytest.mark.parametrize(
    ("zone", "start", "value", "expected"),
    [
        (NEW_YORK, (2026, 3, 7, 12), "30 2 * * *", ["03-08 03:00 -0400", "03-09 02:30 -0400"]),
        (LONDON, (2026, 3, 28, 12), "30 1 * * *", ["03-29 02:00 +0100", "03-30 01:30 +0100"]),
        (LORD_HOWE, (2026, 10, 3, 12), "15 2 * * *", ["10-04 02:30 +1100", "10-05 02:15 +1100"]),
    ],
)
def test_a_time_that_a_clock_change_leaves_out_comes_right_after_it(
    zone: ZoneInfo, start: tuple[int, ...], value: str, expected: list[str]
) -> None:
    assert shown(value, zone, start, 2) == expected


@pytest.mark.parametrize(
    ("zone", "start", "value", "expected"),
    [
        (NEW_YORK, (2026, 10, 31, 12), "30 1 * * *", ["11-01 01:30 -0400", "11-02 01:30 -0500"]),
        (LONDON, (2026, 10, 24, 12), "30 1 * * *", ["10-25 01:30 +0100", "10-26 01:30 +0000"]),
        (LORD_HOWE, (2026, 4, 4, 12), "45 1 * * *", ["04-05 01:45 +1100", "04-06 01:45 +1030"]),
    ],
)
def test_a_time_that_a_clock_change_doubles_comes_once(
    zone: ZoneInfo, start: tuple[int, ...], value: str, expected: list[str]
) -> None:
    assert shown(value, zone, start, 2) == expected


@pytest.mark.parametrize("zone", [NEW_YORK, LONDON, LORD_HOWE])
@pytest.mark.parametrize("month", [3, 4, 10, 11])
def test_what_comes_every_hour_comes_every_hour_through_every_change(zone: ZoneInfo, month: int) -> None:
    begin = epoch(datetime(2026, month, 1, tzinfo=zone))
    times = Times(Schedule(kind=ScheduleKind.CRON, value="*/30 * * * *"), zone, begin).upcoming(begin, 1400)
    gaps = {second.timestamp() - first.timestamp() for first, second in pairwise(times)}
    assert gaps == {1800.0}


@given(st.integers(1_000, 10**9), st.integers(0, 10**10), st.integers(0, 2 * 10**10))
def test_an_interval_stays_on_its_grid(step: int, anchor: int, moment: int) -> None:
    times = Times(Schedule(kind=ScheduleKind.INTERVAL, value=str(step)), ZoneInfo("UTC"), Milliseconds(anchor))
    at = times.after(Milliseconds(moment))
    assert at is not None
    assert at > moment
    assert (at - anchor) % step == 0
    assert at - step <= max(moment, anchor)


@given(st.integers(1_000, 10**6), st.integers(0, 10**8))
def test_passed_times_are_counted_with_the_last_two(step: int, passed: int) -> None:
    times = Times(Schedule(kind=ScheduleKind.INTERVAL, value=str(step)), ZoneInfo("UTC"), Milliseconds(0))
    count, last, before = times.between(Milliseconds(step), Milliseconds(step + passed), 10**9)
    assert count == passed // step + 1
    assert last == count * step
    assert before == max(step, last - step)


def test_a_moment_is_local_or_has_its_offset() -> None:
    assert read_moment("2026-12-24T18:00", NEW_YORK) == epoch(datetime(2026, 12, 24, 18, tzinfo=NEW_YORK))
    assert read_moment("2026-12-24T18:00+01:00", NEW_YORK) == read_moment("2026-12-24T17:00Z", LONDON)


def test_a_moment_comes_once() -> None:
    begin = epoch(datetime(2026, 12, 1, tzinfo=LONDON))
    times = Times(Schedule(kind=ScheduleKind.ONCE, value="2026-12-24T18:00"), LONDON, begin)
    (only,) = times.upcoming(begin, 5)
    assert only.hour == 18
    assert times.after(epoch(only)) is None
    assert times.between(epoch(only), epoch(only + timedelta(days=9)), 100) == (1, epoch(only), epoch(only))


@pytest.mark.parametrize("value", ["", "* * * *", "* * * * * *", "61 * * * *", "a b c d e", "0 0 31 2 *", "@reboot"])
def test_what_is_no_cron_expression_is_refused(value: str) -> None:
    with pytest.raises(InvalidTaskError):
        Times(Schedule(kind=ScheduleKind.CRON, value=value), LONDON, Milliseconds(0))


@pytest.mark.parametrize("value", ["", "0", "-5", "1.5", "999", "1e9", "٣٠٠٠", "9" * 20])
def test_what_is_no_interval_is_refused(value: str) -> None:
    with pytest.raises(InvalidTaskError):
        read_interval(value)


@pytest.mark.parametrize("value", ["", "tomorrow", "2026-12-24", "2026-13-01T10:00", "18:00"])
def test_what_is_no_moment_is_refused(value: str) -> None:
    with pytest.raises(InvalidTaskError):
        read_moment(value, LONDON)


def test_weekdays_count_from_sunday_and_names_are_understood() -> None:
    assert shown("0 9 * * 1", LONDON, (2026, 11, 22), 1) == ["11-23 09:00 +0000"]
    assert shown("0 9 * * MON", LONDON, (2026, 11, 22), 1) == ["11-23 09:00 +0000"]
    assert shown("@daily", LONDON, (2026, 11, 22, 1), 1) == ["11-23 00:00 +0000"]

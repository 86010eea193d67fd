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


CHANGES = [
    (NEW_YORK, (2026, 3, 8), "30 2 * * *"),
    (LONDON, (2026, 3, 29), "30 1 * * *"),
    (LORD_HOWE, (2026, 10, 4), "15 2 * * *"),
    (NEW_YORK, (2026, 11, 1), "30 1 * * *"),
    (LONDON, (2026, 10, 25), "30 1 * * *"),
    (LORD_HOWE, (2026, 4, 5), "45 1 * * *"),
]
"""The day of each change, and a daily time that it leaves out or doubles."""


@pytest.mark.parametrize(("zone", "day", "value"), CHANGES)
def test_a_daily_task_comes_once_on_the_day_of_a_change_wherever_one_starts_to_look(
    zone: ZoneInfo, day: tuple[int, int, int], value: str
) -> None:
    midnight = epoch(datetime(*day, tzinfo=zone))
    times = Times(Schedule(kind=ScheduleKind.CRON, value=value), zone, midnight)
    found = {times.after(Milliseconds(midnight + minute * 60_000 + 1)) for minute in range(8 * 60)}
    days = [datetime.fromtimestamp(at / 1000, zone).day for at in sorted(at for at in found if at is not None)]
    assert days == [day[2], day[2] + 1]


@pytest.mark.parametrize(
    ("zone", "start", "value", "expected"),
    [
        (NEW_YORK, (2026, 3, 8, 1), "15 * * * *", ["01:15 -0500", "03:15 -0400", "04:15 -0400"]),
        (LORD_HOWE, (2026, 10, 4, 1), "15 * * * *", ["01:15 +1030", "03:15 +1100", "04:15 +1100"]),
        (LORD_HOWE, (2026, 10, 4, 1), "45 * * * *", ["01:45 +1030", "02:45 +1100", "03:45 +1100"]),
        (NEW_YORK, (2026, 11, 1, 0, 30), "15 * * * *", ["01:15 -0400", "01:15 -0500", "02:15 -0500"]),
        (LORD_HOWE, (2026, 4, 5, 1, 20), "45 * * * *", ["01:45 +1100", "01:45 +1030", "02:45 +1030"]),
        (LORD_HOWE, (2026, 4, 5, 1, 0), "15 * * * *", ["01:15 +1100", "02:15 +1030", "03:15 +1030"]),
    ],
)
def test_an_hourly_task_follows_the_clock_and_skips_minutes_that_are_not_there(
    zone: ZoneInfo, start: tuple[int, ...], value: str, expected: list[str]
) -> None:
    assert [time[6:] for time in shown(value, zone, start, 3)] == expected


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


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        (NEW_YORK, "2026-03-08T02:30", "03:30 -0400"),
        (LONDON, "2026-03-29T01:30", "02:30 +0100"),
        (LORD_HOWE, "2026-10-04T02:15", "02:45 +1100"),
        (NEW_YORK, "2026-11-01T01:30", "01:30 -0400"),
        (LONDON, "2026-10-25T01:30", "01:30 +0100"),
        (LORD_HOWE, "2026-04-05T01:45", "01:45 +1100"),
        (NEW_YORK, "2026-11-01T01:30-05:00", "01:30 -0500"),
        (LORD_HOWE, "2026-04-05T01:45+10:30", "01:45 +1030"),
    ],
)
def test_a_moment_that_is_not_there_comes_later_and_of_two_the_first_is_meant(
    zone: ZoneInfo, text: str, expected: str
) -> None:
    moment = datetime.fromtimestamp(read_moment(text, zone) / 1000, zone)
    assert f"{moment:%H:%M %z}" == expected


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


@pytest.mark.parametrize(
    "value", ["", "tomorrow", "2026-12-24", "2026-13-01T10:00", "18:00", "9999-12-31T23:59", "2026-12-24T24:00", "NaN"]
)
def test_what_is_no_moment_is_refused(value: str) -> None:
    with pytest.raises(InvalidTaskError):
        read_moment(value, LONDON)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("0", "11-29"),
        ("7", "11-29"),
        ("SUN", "11-29"),
        ("1", "11-23"),
        ("mon", "11-23"),
        ("6", "11-28"),
        ("5-7", "11-27"),
    ],
)
def test_weekdays_count_from_sunday_which_is_0_and_7_and_names_are_understood(value: str, day: str) -> None:
    assert shown(f"0 9 * * {value}", LONDON, (2026, 11, 22, 12), 1) == [f"{day} 09:00 +0000"]


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("@hourly", "11-22 13:00"),
        ("@daily", "11-23 00:00"),
        ("@Midnight", "11-23 00:00"),
        ("@weekly", "11-29 00:00"),
        ("@monthly", "12-01 00:00"),
        ("@yearly", "01-01 00:00"),
        ("@annually", "01-01 00:00"),
    ],
)
def test_aliases_are_understood(alias: str, expected: str) -> None:
    assert shown(alias, LONDON, (2026, 11, 22, 12), 1) == [f"{expected} +0000"]


def test_a_day_of_the_month_and_a_weekday_mean_either() -> None:
    days = [time[:5] for time in shown("0 0 13 * 5", LONDON, (2026, 12, 1), 4)]
    assert days == ["12-04", "12-11", "12-13", "12-18"]


@pytest.mark.parametrize("value", ["* * * * *", "*/7 3 * * *", "* * * 1 *"])
def test_the_newest_times_are_right_although_there_are_too_many_to_count(value: str) -> None:
    begin = epoch(datetime(2026, 1, 1, tzinfo=LONDON))
    now = epoch(datetime(2026, 7, 1, 12, 0, 30, tzinfo=LONDON))
    times = Times(Schedule(kind=ScheduleKind.CRON, value=value), LONDON, begin)
    first = times.after(begin)
    assert first is not None
    count, last, before = times.between(first, now, 1_000)
    assert count == 1_001
    assert times.after(before) == last
    following = times.after(last)
    assert following is not None
    assert following > now

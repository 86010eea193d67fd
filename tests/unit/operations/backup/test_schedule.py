"""What is due when."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.errors import NoSuchBackupError
from nanoclaw.operations.backup.schedule import Times
from nanoclaw.operations.backup.snapshot import Kind, SnapshotName
from nanoclaw.operations.backup.times import parse_moment

ZURICH = ZoneInfo("Europe/Zurich")
TIMES = Times(daily_hour=2, weekday=6, zone=ZURICH)


def _at(text: str) -> Milliseconds:
    return Milliseconds(int(datetime.fromisoformat(text).replace(tzinfo=ZURICH).timestamp() * 1000))


def _name(text: str, kind: Kind) -> SnapshotName:
    return SnapshotName(at=_at(text), kind=kind, tag="000000")


NOW = _at("2026-11-25T12:30")  # a Wednesday


@pytest.mark.parametrize(
    ("names", "due"),
    [
        ([], Kind.WEEKLY),
        ([_name("2026-11-22T02:00", Kind.WEEKLY)], Kind.DAILY),
        ([_name("2026-11-22T01:59", Kind.WEEKLY)], Kind.WEEKLY),
        ([_name("2026-11-22T02:00", Kind.WEEKLY), _name("2026-11-25T02:00", Kind.DAILY)], Kind.HOURLY),
        ([_name("2026-11-25T12:00", Kind.WEEKLY)], None),
        ([_name("2026-11-25T02:05", Kind.WEEKLY), _name("2026-11-25T12:10", Kind.HOURLY)], None),
        ([_name("2026-11-25T02:05", Kind.WEEKLY), _name("2026-11-25T12:10", Kind.MANUAL)], None),
        ([_name("2026-11-25T02:05", Kind.WEEKLY), _name("2026-11-25T12:10", Kind.CHANGE)], Kind.HOURLY),
        ([_name("2026-11-25T02:05", Kind.WEEKLY), _name("2027-01-01T00:00", Kind.HOURLY)], Kind.HOURLY),
    ],
)
def test_what_has_none_since_its_last_time_is_due_the_greatest_first(
    names: list[SnapshotName], due: Kind | None
) -> None:
    assert TIMES.due(names, NOW) is due


@pytest.mark.parametrize(
    ("kind", "last", "following"),
    [
        (Kind.HOURLY, "2026-11-25T12:00", "2026-11-25T13:00"),
        (Kind.DAILY, "2026-11-25T02:00", "2026-11-26T02:00"),
        (Kind.WEEKLY, "2026-11-22T02:00", "2026-11-29T02:00"),
    ],
)
def test_times_before_and_after_now(kind: Kind, last: str, following: str) -> None:
    assert TIMES.last(kind, NOW) == _at(last)
    assert TIMES.next(kind, NOW) == _at(following)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("kind", [Kind.DAILY, Kind.WEEKLY])
def test_days_on_which_clocks_change_have_one_time_each(day: str, kind: Kind) -> None:
    noon = _at(f"{day}T12:00")
    last = TIMES.last(kind, noon)
    assert TIMES.last(kind, Milliseconds(last)) == last
    assert TIMES.last(kind, Milliseconds(last - 1)) < last
    assert noon - last < 24 * 3_600_000
    assert TIMES.next(kind, Milliseconds(last - 1)) == last


def test_moments_are_read_as_people_write_them() -> None:
    assert parse_moment("2026-11-25 12:30", ZURICH) == NOW
    assert parse_moment("2026-11-25T11:30Z", ZURICH) == NOW
    assert parse_moment("2026-11-25", ZURICH) > _at("2026-11-25T23:59")
    with pytest.raises(NoSuchBackupError):
        parse_moment("yesterday", ZURICH)

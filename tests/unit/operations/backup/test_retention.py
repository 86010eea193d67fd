"""What stays."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.retention import Policy, kept
from nanoclaw.operations.backup.snapshot import Kind, SnapshotName, parse_name

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = Milliseconds(int(datetime(2026, 11, 25, 12, 30, tzinfo=UTC).timestamp() * 1000))
ZURICH = ZoneInfo("Europe/Zurich")


def _name(at: int, kind: Kind = Kind.HOURLY, number: int = 0) -> SnapshotName:
    return SnapshotName(at=Milliseconds(at), kind=kind, tag=f"{number:06x}")


def test_a_year_of_hours_leaves_a_day_of_hours_a_week_of_days_and_four_weeks() -> None:
    names = [_name(NOW - hour * HOUR) for hour in range(365 * 24)]
    staying = sorted((name.at for name in kept(names, Policy(), NOW, ZURICH)), reverse=True)
    assert staying[:24] == [NOW - hour * HOUR for hour in range(24)]
    days = {datetime.fromtimestamp(at / 1000, ZURICH).date() for at in staying}
    assert len([at for at in staying if at > NOW - 7 * DAY]) == 24 + 5
    assert len(days) >= 7
    assert NOW - 28 * DAY < staying[-1] < NOW - 14 * DAY
    assert len(staying) <= 35


def test_the_seven_days_of_the_checklist_are_covered() -> None:
    names = [_name(NOW - hour * HOUR) for hour in range(40 * 24)]
    days = {datetime.fromtimestamp(name.at / 1000, ZURICH).date() for name in kept(names, Policy(), NOW, ZURICH)}
    today = datetime.fromtimestamp(NOW / 1000, ZURICH).date()
    assert {(today - day).days for day in days} >= set(range(7))


def test_changes_and_manual_ones_have_places_of_their_own() -> None:
    names = [
        *(_name(NOW - number * 60_000, Kind.CHANGE, number) for number in range(30)),
        *(_name(NOW - 60 * DAY - number * 1000, Kind.MANUAL, number) for number in range(30)),
    ]
    staying = kept(names, Policy(changes=3, manual=4), NOW, ZURICH)
    assert sum(name.kind is Kind.CHANGE for name in staying) == 3
    assert sum(name.kind is Kind.MANUAL for name in staying) == 4


def test_one_from_the_future_stays_and_takes_no_place() -> None:
    real = [_name(NOW - hour * HOUR) for hour in range(24)]
    future = [_name(NOW + 400 * DAY + hour * HOUR) for hour in range(50)]
    assert kept([*real, *future], Policy(), NOW, ZURICH) == {*real, *future}


def test_a_clock_that_jumped_ahead_costs_none_of_the_last_ones() -> None:
    names = [_name(NOW - hour * HOUR) for hour in range(24)]
    assert kept(names, Policy(), Milliseconds(NOW + 900 * DAY), ZURICH) == set(names)


@given(
    names=st.lists(
        st.builds(_name, st.integers(NOW - 90 * DAY, NOW), st.sampled_from(Kind), st.integers(0, 0xFFFFFF)), max_size=80
    )
)
def test_the_newest_stays_and_to_thin_out_twice_is_to_thin_out_once(names: list[SnapshotName]) -> None:
    once = kept(names, Policy(), NOW, ZURICH)
    assert kept(list(once), Policy(), NOW, ZURICH) == once
    whole = [name for name in names if name.kind is not Kind.CHANGE]
    if whole:
        assert max(name.at for name in whole) in {name.at for name in once}


@given(at=st.integers(0, 4_000_000_000_000), kind=st.sampled_from(Kind), number=st.integers(0, 0xFFFFFF))
def test_a_name_is_read_as_it_was_written(at: int, kind: Kind, number: int) -> None:
    name = _name(at, kind, number)
    assert parse_name(str(name)) == name


def test_other_files_are_no_names() -> None:
    for text in ("", "x", "20261399T000000.000Z-hourly-000000", "20261125T000000.000Z-yearly-000000", "../x"):
        assert parse_name(text) is None

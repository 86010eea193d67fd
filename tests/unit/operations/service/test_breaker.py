import json
from pathlib import Path

import pytest

from nanoclaw.operations.service.breaker import WAITS, StartBreaker, Starts, breaker_file
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldClock

NOW = 1_795_341_600_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


def begin(home: Home) -> Starts:
    """One process's way to its start; it does not end in order unless the test says so."""
    breaker = StartBreaker(home, HeldClock(NOW))
    starts = breaker.approach()
    breaker.begin()
    return starts


def test_each_start_after_a_failed_one_waits_longer_and_never_more_than_the_last(home: Home) -> None:
    assert [begin(home).wait_seconds for _ in range(9)] == [0, 0, 10, 30, 120, 300, 900, 900, 900]
    assert WAITS == (0, 0, 10, 30, 120, 300, 900)


def test_while_it_waits_it_says_when_it_goes_on(home: Home) -> None:
    for _ in range(3):
        begin(home)
    starts = StartBreaker(home, HeldClock(NOW)).approach()
    assert (starts.failures, starts.next_at) == (3, NOW + 30_000)
    assert StartBreaker(home, HeldClock(NOW)).look() == starts


def test_a_wait_that_is_broken_off_is_no_failed_start(home: Home) -> None:
    for _ in range(3):
        begin(home)
    waits = [StartBreaker(home, HeldClock(NOW)).approach().failures for _ in range(3)]
    assert waits == [3, 3, 3]


def test_an_orderly_stop_is_no_failure_and_forgives_none(home: Home) -> None:
    for _ in range(3):
        begin(home)
    assert begin(home).failures == 3
    StartBreaker(home, HeldClock(NOW)).end()
    assert begin(home).failures == 3


def test_after_healthy_work_a_crash_is_the_first_again(home: Home) -> None:
    for _ in range(5):
        begin(home)
    StartBreaker(home, HeldClock(NOW)).worked()
    assert begin(home).failures == 1


def test_a_person_who_looked_resets_it(home: Home) -> None:
    for _ in range(5):
        begin(home)
    StartBreaker(home, HeldClock(NOW)).reset()
    StartBreaker(home, HeldClock(NOW)).reset()
    assert begin(home).wait_seconds == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"failures": -1, "open": true}',
        '{"failures": "9", "open": true}',
        '{"open": true}',
        "\xff",
    ],
)
def test_a_file_that_makes_no_sense_counts_nothing(home: Home, text: str) -> None:
    breaker_file(home).write_text(text, encoding="latin-1")
    assert begin(home) == Starts()


def test_a_very_large_count_is_the_longest_wait(home: Home) -> None:
    breaker_file(home).write_text(json.dumps({"failures": 10**30, "open": False}))
    assert begin(home).wait_seconds == 900


def test_the_file_is_private_and_follows_no_link(home: Home, tmp_path: Path) -> None:
    begin(home)
    assert breaker_file(home).stat().st_mode & 0o777 == 0o600
    victim = tmp_path / "victim"
    victim.write_text("kept")
    breaker_file(home).with_name("starts.json.new").symlink_to(victim)
    begin(home)
    assert victim.read_text() == "kept"


def test_a_place_that_cannot_be_written_stops_no_start(tmp_path: Path) -> None:
    nowhere = Home(tmp_path / "missing")
    assert begin(nowhere) == Starts()
    StartBreaker(nowhere, HeldClock(NOW)).reset()

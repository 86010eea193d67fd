from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child.journal import Journal, Sent, Stage
from tests.fakes.clocks import HeldClock
from tests.fakes.small_disk import fill, small_disk

DAY = 86_400_000


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


def opened(path: Path, clock: HeldClock) -> Journal:
    journal = Journal(path, clock)
    journal.open()
    return journal


def stage(sent: Sent | None) -> tuple[Stage, str] | None:
    return (sent.stage, sent.network_id) if sent else None


def test_a_message_that_left_is_known_in_the_next_process(tmp_path: Path, clock: HeldClock) -> None:
    first = opened(tmp_path / "sent.log", clock)
    first.begin("c1")
    first.name("3EB0A")
    assert stage(opened(tmp_path / "sent.log", clock).find("c1")) == (Stage.NAMED, "3EB0A")
    first = opened(tmp_path / "sent.log", clock)
    first.end("c1", Stage.DONE)
    second = opened(tmp_path / "sent.log", clock)
    assert stage(second.find("c1")) == (Stage.DONE, "3EB0A")
    assert second.is_ours("3EB0A")


def test_what_somebody_confirmed_is_sent_whatever_the_client_thinks(tmp_path: Path, clock: HeldClock) -> None:
    journal = opened(tmp_path / "sent.log", clock)
    journal.begin("c1")
    journal.confirmed("3EB0A")  # nothing of that name
    journal.name("3EB0A")
    journal.confirmed("3EB0B")
    assert stage(journal.find("c1")) == (Stage.NAMED, "3EB0A")
    journal.confirmed("3EB0A")
    assert stage(opened(tmp_path / "sent.log", clock).find("c1")) == (Stage.DONE, "3EB0A")
    journal = opened(tmp_path / "sent.log", clock)
    journal.end("c1", Stage.REFUSED)
    assert stage(journal.find("c1")) == (Stage.DONE, "3EB0A")


def test_one_that_was_only_meant_never_left(tmp_path: Path, clock: HeldClock) -> None:
    opened(tmp_path / "sent.log", clock).begin("c1")
    assert stage(opened(tmp_path / "sent.log", clock).find("c1")) == (Stage.MEANT, "")


def test_a_retry_of_an_older_message_names_nothing(tmp_path: Path, clock: HeldClock) -> None:
    journal = opened(tmp_path / "sent.log", clock)
    journal.begin("c1")
    journal.name("3EB0A")
    journal.end("c1", Stage.DONE)
    journal.name("3EB0X")  # nothing is on its way out
    journal.begin("c2")
    journal.name("3EB0A")  # somebody asked for the first one again
    journal.name("3EB0B")
    assert stage(journal.find("c1")) == (Stage.DONE, "3EB0A")
    assert stage(journal.find("c2")) == (Stage.NAMED, "3EB0B")


def test_what_is_sent_anew_gets_another_name_and_the_first_stays_ours(tmp_path: Path, clock: HeldClock) -> None:
    journal = opened(tmp_path / "sent.log", clock)
    journal.begin("c1")
    journal.name("3EB0A")
    journal.end("c1", Stage.NAMED)
    journal.begin("c1")
    assert stage(journal.find("c1")) == (Stage.MEANT, "")
    journal.name("3EB0B")
    assert journal.is_ours("3EB0A")
    assert stage(opened(tmp_path / "sent.log", clock).find("c1")) == (Stage.NAMED, "3EB0B")


def test_old_rows_are_forgotten_and_torn_ones_skipped(tmp_path: Path, clock: HeldClock) -> None:
    path = tmp_path / "sent.log"
    journal = opened(path, clock)
    journal.begin("old")
    clock.value += 8 * DAY
    journal.begin("new")
    with path.open("ab") as file:
        file.write(b'{"client": "torn", "at"')
    fresh = opened(path, clock)
    assert fresh.find("old") is None
    assert fresh.find("torn") is None
    assert fresh.find("new")


def test_ids_of_any_length_and_kind_survive(tmp_path: Path, clock: HeldClock) -> None:
    names = ["a" * 500, 'with "quotes"\n', "ünïcode 😀"]
    journal = opened(tmp_path / "sent.log", clock)
    for number, name in enumerate(names):
        journal.begin(name)
        journal.name(f"3EB0{number:040d}")
        journal.end(name, Stage.DONE)
    fresh = opened(tmp_path / "sent.log", clock)
    assert [stage(fresh.find(name)) for name in names] == [(Stage.DONE, f"3EB0{n:040d}") for n in range(3)]


def test_on_a_full_disk_a_message_is_not_begun_but_one_that_was_can_be_named(tmp_path: Path, clock: HeldClock) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        journal = opened(disk / "sent.log", clock)
        journal.begin("c1")
        fill(disk, leave=0)
        journal.name("3EB0A")
        with pytest.raises(OSError, match="space"):
            journal.begin("c" * 100_000)
        assert stage(journal.find("c1")) == (Stage.NAMED, "3EB0A")

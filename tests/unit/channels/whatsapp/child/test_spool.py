import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child.spool import SEGMENT, Kind, Spool, in_doubt, key_of, pack, read_records
from tests.fakes.small_disk import fill, small_disk

ANN = key_of("3A1", "chat", "ann")
BOB = key_of("3A1", "chat", "bob")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    one = Spool(tmp_path / "spool")
    one.open()
    yield one
    one.close()


def again(spool: Spool, tmp_path: Path) -> tuple[Spool, list[bytes]]:
    """What a new process finds, after the old one ended without a word."""
    del spool
    fresh = Spool(tmp_path / "spool")
    return fresh, [record.data for record in fresh.open()]


def test_what_the_parent_did_not_get_is_there_again_in_order(spool: Spool, tmp_path: Path) -> None:
    numbers = [spool.append(Kind.MESSAGE, key_of(text, "c", "s"), text.encode()) for text in "abc"]
    spool.kept(numbers[1])
    fresh, waiting = again(spool, tmp_path)
    assert waiting == [b"a", b"c"]
    fresh.close()


def test_a_record_is_durable_after_waiting_for_it(spool: Spool, tmp_path: Path) -> None:
    number = spool.append(Kind.MESSAGE, ANN, b"text")
    assert spool.wait(number, 5)
    (segment,) = (tmp_path / "spool").glob("*.spool")
    assert [record.data for record in read_records(segment.read_bytes())] == [b"text"]


def test_a_torn_record_hides_nothing_before_it(tmp_path: Path) -> None:
    whole, torn = pack(1, Kind.MESSAGE, ANN, b"whole"), pack(2, Kind.MESSAGE, BOB, b"torn")
    for cut in range(1, len(torn)):
        assert [record.data for record in read_records(whole + torn[:-cut])] == [b"whole"]


def test_two_people_may_use_the_same_id_in_a_group(spool: Spool) -> None:
    spool.append(Kind.MESSAGE, ANN, b"")
    assert spool.has(ANN)
    assert not spool.has(BOB)


def test_a_segment_goes_when_the_parent_has_all_of_it_and_its_keys_stay(spool: Spool, tmp_path: Path) -> None:
    numbers = [spool.append(Kind.MESSAGE, key_of(str(each), "c", "s"), bytes(SEGMENT // 4)) for each in range(9)]
    for number in numbers:
        assert spool.wait(number, 5)
        spool.kept(number)
    fresh, waiting = again(spool, tmp_path)
    assert waiting == []
    assert sum(path.stat().st_size for path in (tmp_path / "spool").glob("*.spool")) < 9 * SEGMENT / 4
    assert all(fresh.has(key_of(str(each), "c", "s")) for each in range(9))
    fresh.close()


def test_private_text_does_not_stay_when_the_parent_has_it(spool: Spool, tmp_path: Path) -> None:
    number = spool.append(Kind.MESSAGE, ANN, b"a secret")
    assert spool.wait(number, 5)
    spool.kept(number)
    for _ in range(100):
        found = [path.name for path in (tmp_path / "spool").glob("*") if b"a secret" in path.read_bytes()]
        if not found:
            break
        time.sleep(0.1)
    assert not found


def test_the_numbers_grow_over_restarts(spool: Spool, tmp_path: Path) -> None:
    first = spool.append(Kind.MESSAGE, ANN, b"")
    fresh, _ = again(spool, tmp_path)
    assert fresh.append(Kind.MESSAGE, BOB, b"") > first
    fresh.close()


def test_what_was_begun_last_is_in_doubt_until_it_ends(spool: Spool, tmp_path: Path) -> None:
    spool.note(Kind.BEGUN, ANN, b"first")
    spool.note(Kind.ENDED, ANN)
    assert in_doubt(tmp_path / "spool") == b""
    spool.note(Kind.BEGUN, BOB, b"second")
    spool.note(Kind.ENDED, ANN)
    assert in_doubt(tmp_path / "spool") == b"second"


def test_an_undecryptable_message_is_not_taken_for_one_that_was_read(spool: Spool) -> None:
    spool.append(Kind.LATER, ANN, b"")
    assert not spool.has(ANN)


def test_on_a_full_disk_nothing_counts_as_written_until_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        spool = Spool(disk / "spool")
        spool.open()
        filler = fill(disk, leave=0)
        lost, told = (spool.append(Kind.MESSAGE, key, bytes(20_000)) for key in (ANN, BOB))
        assert not spool.wait(lost, 1)
        assert bool(spool.full)
        spool.kept(told)
        assert spool.wait(told, 1), "the parent has it: that is as good"
        filler.unlink()
        assert spool.wait(lost, 5)
        assert not spool.full
        spool.close()
        assert [len(record.data) for record in Spool(disk / "spool").open()] == [20_000]


def test_the_number_of_what_a_full_disk_swallowed_is_never_anothers(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        spool = Spool(disk / "spool")
        spool.open()
        filler = fill(disk, leave=0)
        told = spool.append(Kind.MESSAGE, ANN, bytes(20_000))
        filler.unlink()
        fresh = Spool(disk / "spool")
        assert fresh.open() == []
        assert fresh.append(Kind.MESSAGE, BOB, b"") > told
        fresh.close()

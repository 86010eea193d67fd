import os
import resource
import time
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.link import Person

PHONE, LID = "491701112223@s.whatsapp.net", "222200000000002@lid"
BOTH, ONLY_LID, ONLY_PHONE = Person(phone=PHONE, lid=LID), Person(lid=LID), Person(phone=PHONE)


@pytest.fixture
def book(tmp_path: Path) -> Identities:
    return opened(tmp_path)


def opened(folder: Path) -> Identities:
    book = Identities(folder)
    book.open()
    return book


@pytest.mark.parametrize(
    ("seen", "identity"),
    [
        ((BOTH, ONLY_LID, ONLY_PHONE), PHONE),
        ((ONLY_LID, BOTH, ONLY_PHONE, ONLY_LID), LID),
        ((ONLY_PHONE, BOTH, ONLY_LID), PHONE),
        ((ONLY_LID,), LID),
        ((ONLY_PHONE,), PHONE),
    ],
)
def test_the_first_id_stays_and_the_number_is_preferred(
    tmp_path: Path, seen: tuple[Person, ...], identity: str
) -> None:
    book = opened(tmp_path)
    assert {book.settle(person) for person in seen} == {identity}
    book.close()
    again = opened(tmp_path)
    assert {again.settle(person) for person in seen} == {identity}
    assert (again.identity(PHONE) == identity) == (seen != (ONLY_LID,))


def test_the_other_ids_of_someone_are_known_once_they_are_told_and_after_a_start(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.settle(ONLY_LID)
    assert book.others(LID) == ()
    book.settle(BOTH)
    assert book.others(LID) == (PHONE,)
    book.close()
    again = opened(tmp_path)
    assert again.others(LID) == (PHONE,)
    again.move(BOTH, PHONE)
    assert (again.others(PHONE), again.others(LID)) == ((LID,), ())


def test_a_name_changes_nothing(book: Identities) -> None:
    assert book.settle(Person(phone=PHONE, name="Owner")) == PHONE
    assert book.settle(Person(phone="1@s.whatsapp.net", name="Owner")) == "1@s.whatsapp.net"


def test_nobody_is_nobody(book: Identities) -> None:
    assert not book.settle(Person(name="Ghost"))


def test_whom_there_was_a_conversation_with_is_remembered(book: Identities, tmp_path: Path) -> None:
    book.meet(PHONE)
    assert opened(tmp_path).has_met(PHONE)
    assert not book.has_met(LID)


def test_an_identity_that_the_owner_registered_takes_over(book: Identities, tmp_path: Path) -> None:
    book.meet(book.settle(ONLY_LID))
    book.move(BOTH, PHONE)
    for one in (book, opened(tmp_path)):
        assert {one.settle(person) for person in (BOTH, ONLY_LID, ONLY_PHONE)} == {PHONE}
        assert one.has_met(PHONE)


def test_a_line_that_a_crash_cut_off_is_forgotten_at_any_place(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.settle(ONLY_LID)
    before = (tmp_path / "identities").read_bytes()
    book.settle(BOTH)
    after = (tmp_path / "identities").read_bytes()
    for end in range(len(before), len(after)):
        (tmp_path / "identities").write_bytes(after[:end] + b"\nis\tx@lid\ty@lid\t.\n")
        found = opened(tmp_path)
        assert found.identity(LID) == LID
        assert found.identity(PHONE) in {PHONE, LID}
        assert found.identity("x@lid") == "y@lid"


def test_what_could_not_be_written_was_not_learned(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.close()
    book._journal = os.open(tmp_path / "identities", os.O_RDONLY)
    for _ in range(2):
        with pytest.raises(ChannelError, match="identities"):
            book.settle(BOTH)


def test_the_book_is_private(book: Identities, tmp_path: Path) -> None:
    assert (tmp_path / "identities").stat().st_mode & 0o777 == 0o600


def test_a_book_that_cannot_be_kept_says_so(tmp_path: Path) -> None:
    (tmp_path / "identities").mkdir()
    with pytest.raises(ChannelError, match="identities"):
        opened(tmp_path)


def test_a_hundred_thousand_people_are_read_in_a_moment(tmp_path: Path) -> None:
    lines = (f"is\t{n:015d}@lid\t49{n:010d}@s.whatsapp.net\t.\n" for n in range(100_000))
    (tmp_path / "identities").write_text("".join(lines))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    book = opened(tmp_path)
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert book.identity(f"{77:015d}@lid") == f"49{77:010d}@s.whatsapp.net"
    began = time.process_time()
    for n in range(10_000):
        book.settle(Person(lid=f"{n:015d}@lid"))
    assert time.process_time() - began < 1

"""Whose account it is, kept for the next start."""

from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child.account import keep_account, kept_account
from nanoclaw.channels.whatsapp.link import Person
from tests.fakes.small_disk import fill, small_disk

ME = Person(phone="491701@s.whatsapp.net", lid="77@lid")
OTHER = Person(phone="491702@s.whatsapp.net")


def test_the_account_that_was_told_last_is_known_at_the_next_start(tmp_path: Path) -> None:
    assert kept_account(tmp_path) is None
    for person in (OTHER, ME, ME):
        keep_account(tmp_path, person)
    assert kept_account(tmp_path) == ME
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b'{"phone": 3}', b"\xff\x00"])
def test_what_cannot_be_read_counts_as_nothing(tmp_path: Path, content: bytes) -> None:
    keep_account(tmp_path, ME)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert kept_account(tmp_path) is None
    keep_account(tmp_path, ME)
    assert kept_account(tmp_path) == ME


def test_on_a_full_disk_the_account_before_stays_and_linking_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        keep_account(disk, OTHER)
        fill(disk, leave=0)
        keep_account(disk, ME)
        assert kept_account(disk) == OTHER
        assert len(list(disk.glob("*me.json*"))) == 1

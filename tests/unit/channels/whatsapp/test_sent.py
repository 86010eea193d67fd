import os
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.whatsapp.sent import SentIds


def opened(folder: Path, at_most: int = 100) -> SentIds:
    sent = SentIds(folder, at_most=at_most)
    sent.open()
    return sent


def test_our_ids_are_known_after_a_restart(tmp_path: Path) -> None:
    sent = opened(tmp_path)
    sent.add("3EB01")
    sent.add("")
    assert "3EB01" in sent
    assert "" not in sent
    assert "3EB01" in opened(tmp_path)
    assert (tmp_path / "sent").stat().st_mode & 0o777 == 0o600


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    sent = opened(tmp_path, 10)
    for number in range(50):
        sent.add(f"id-{number}")
    assert "id-49" in sent
    assert "id-0" not in sent
    again = opened(tmp_path, 10)
    assert [f"id-{number}" in again for number in (0, 39, 40, 49)] == [False, False, True, True]


def test_a_full_disk_does_not_undo_a_message_that_is_sent(tmp_path: Path) -> None:
    sent = opened(tmp_path)
    sent.close()
    sent._file = os.open(tmp_path / "sent", os.O_RDONLY)
    sent.add("3EB01")
    assert "3EB01" in sent


def test_a_file_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    with pytest.raises(ChannelError, match="sent"):
        opened(tmp_path)

"""Files that are there whole or not at all."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from nanoclaw.settings.whole_files import append_whole, replace_file, sync_folder
from tests.fakes.small_disk import fill, small_disk


def test_a_file_is_replaced_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for content in (b"one", b"and another"):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_a_file_has_the_mode_that_was_asked_for_or_that_it_had(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        replace_file(tmp_path / "unit", b"x", mode=0o644)
        (tmp_path / "mine").write_text("old")
        (tmp_path / "mine").chmod(0o640)
        replace_file(tmp_path / "mine", b"new", as_before=True)
        replace_file(tmp_path / "first", b"new", as_before=True)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"unit": 0o644, "mine": 0o640, "first": 0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_account_stays_theirs(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("old")
    os.chown(path, 1234, 1234)
    replace_file(path, b"new", as_before=True)
    assert (path.stat().st_uid, path.stat().st_gid, path.read_bytes()) == (1234, 1234, b"new")


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    (tmp_path / "state").symlink_to(elsewhere)
    replace_file(tmp_path / "state", b"ours")
    assert elsewhere.read_text() == "theirs"
    assert not (tmp_path / "state").is_symlink()


def test_on_a_full_disk_the_old_file_stays_and_nothing_half_written_takes_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        path = place / "state.json"
        replace_file(path, b"old")
        fill(place, leave=64 * 1024)
        free = shutil.disk_usage(place).free
        with pytest.raises(OSError, match="No space left"):
            replace_file(path, bytes(128 * 1024))
        assert path.read_bytes() == b"old"
        assert shutil.disk_usage(place).free == free
        replace_file(path, bytes(32 * 1024))
        assert path.stat().st_size == 32 * 1024


def test_on_a_full_disk_a_line_is_added_whole_or_not(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        path = place / "lines"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            append_whole(descriptor, b"first\n")
            filler = fill(place, leave=8192)
            with pytest.raises(OSError, match="No space left"):
                append_whole(descriptor, b"x" * 100_000 + b"\n")
            assert path.read_bytes() == b"first\n"
            filler.unlink()
            append_whole(descriptor, b"second\n")
            assert path.read_bytes() == b"first\nsecond\n"
        finally:
            os.close(descriptor)


def test_where_it_cannot_be_put_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "taken", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "none")

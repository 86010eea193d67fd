"""Files of a folder that somebody else can change at any moment."""

import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from nanoclaw.workspaces.files import WorkspaceFileError, copy_in, copy_out, read_file, relative_path, write_in
from tests.fakes.small_disk import fill, small_disk


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "group"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("inside")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def test_a_plain_file_is_read_and_copied(root: Path, tmp_path: Path) -> None:
    assert read_file(root, "sub/a.txt", 100) == b"inside"
    target = tmp_path / "copy"
    assert copy_out(root, "/workspace/group/sub/a.txt", target, 100) == 6
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"inside", 0o600)


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "../secret.txt", "sub/../../secret.txt", "/etc/passwd", "/workspace/global/x", "a\0b", "x/" * 600],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(WorkspaceFileError):
        relative_path(path)


def test_no_link_is_followed_wherever_it_stands(root: Path) -> None:
    (root / "link").symlink_to(root.parent / "secret.txt")
    (root / "folder").symlink_to(root.parent)
    (root / "hard").hardlink_to(root.parent / "secret.txt")
    for path in ("link", "folder/secret.txt", "hard"):
        with pytest.raises(WorkspaceFileError):
            read_file(root, path, 100)
    with pytest.raises(WorkspaceFileError):
        write_in(root, "folder/new.txt", b"x")
    assert not (root.parent / "new.txt").exists()


def test_what_is_no_file_is_refused_and_does_not_hang(root: Path) -> None:
    os.mkfifo(root / "pipe")
    for path in ("pipe", "sub", "missing"):
        with pytest.raises(WorkspaceFileError):
            read_file(root, path, 100)


def test_a_file_beyond_the_limit_is_refused_and_leaves_no_copy(root: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceFileError, match="at most 5"):
        copy_out(root, "sub/a.txt", tmp_path / "copy", 5)
    assert not (tmp_path / "copy").exists()


def test_writing_replaces_a_link_and_not_what_it_points_to(root: Path) -> None:
    (root / "notes.md").symlink_to(root.parent / "secret.txt")
    write_in(root, "notes.md", b"new")
    assert (root.parent / "secret.txt").read_text() == "secret"
    assert not (root / "notes.md").is_symlink()
    assert [entry.name for entry in root.iterdir() if entry.name.endswith(".part")] == []


def test_copying_in_never_replaces(root: Path, tmp_path: Path) -> None:
    copy_in(tmp_path / "secret.txt", root, "inbox/a")
    (root / "inbox" / "b").symlink_to(tmp_path / "elsewhere")
    for taken in ("inbox/a", "inbox/b"):
        with pytest.raises(FileExistsError):
            copy_in(tmp_path / "secret.txt", root, taken)
    assert not (tmp_path / "elsewhere").exists()
    assert (root / "inbox" / "a").stat().st_nlink == 1


def test_a_folder_swapped_for_a_link_again_and_again_never_leads_out(root: Path) -> None:
    (root.parent / "a.txt").write_text("secret")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (root / "sub").rename(root / "aside")
            (root / "sub").symlink_to(root.parent)
            (root / "sub").unlink()
            (root / "aside").rename(root / "sub")

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen: set[bytes] = set()
    tries, ends = 0, time.monotonic() + 20
    try:
        # Until it was met in both states: how often that is, is for the scheduler to say.
        while tries < 3000 or (len(seen) < 2 and time.monotonic() < ends):
            tries += 1
            try:
                seen.add(read_file(root, "sub/a.txt", 100))
            except WorkspaceFileError:
                seen.add(b"refused")
    finally:
        stop.set()
        swapper.join()
    assert seen <= {b"inside", b"refused"}
    assert b"inside" in seen


def test_on_a_full_disk_nothing_half_written_stays(root: Path, tmp_path: Path) -> None:
    (root / "big").write_bytes(bytes(200_000))
    with small_disk(tmp_path / "small", 1) as place:
        (place / "group").mkdir()
        write_in(place / "group", "note.md", b"old")
        fill(place, leave=100_000)
        free = shutil.disk_usage(place).free
        with pytest.raises(WorkspaceFileError, match="cannot be written: No space left"):
            write_in(place / "group", "note.md", bytes(200_000))
        with pytest.raises(WorkspaceFileError, match="cannot be copied: No space left"):
            copy_out(root, "big", place / "copy", 10**6)
        with pytest.raises(OSError, match="No space left"):
            copy_in(root / "big", place / "group", "inbox/big")
        assert [path.name for path in (place / "group").rglob("*")] in (["note.md", "inbox"], ["inbox", "note.md"])
        assert (place / "group" / "note.md").read_bytes() == b"old"
        assert shutil.disk_usage(place).free == free

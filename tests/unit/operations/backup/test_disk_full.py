"""A disk that is really full, or really read-only: a small file system in memory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.drill import drill
from nanoclaw.operations.backup.errors import BackupError, DrillFailedError, NoRoomError
from nanoclaw.operations.backup.restore import Choice
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.verify import verify
from nanoclaw.settings.home import Home
from tests.fakes.small_disk import small_disk
from tests.unit.operations.backup.conftest import World


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Eight megabytes."""
    with small_disk(tmp_path / "small", 8) as place:
        yield place


def _here(world: World, small: Path) -> World:
    """The same home on the small disk."""
    subprocess.run(["cp", "-a", f"{world.home.root}/.", str(small)], check=True)
    return World(Home(small), clock=world.clock)


def test_a_backup_that_fills_the_disk_leaves_the_others_whole_and_the_room_free(world: World, small: Path) -> None:
    here = _here(world, small)
    first = here.create().snapshot.name
    here.write("groups/family/big", os.urandom(4 * 2**20))
    free = os.statvfs(small).f_bavail
    for _ in range(3):
        with pytest.raises(NoRoomError):
            here.create(Kind.DAILY)
        assert here.repository().names() == [first]
        assert verify(here.repository(), repair=False).problems == ()
        here.say("the home can still be written")
    assert os.statvfs(small).f_bavail > free - 1000 or not list((here.home.backups / "incoming").glob("*"))


def test_a_copy_of_a_database_that_does_not_fit_is_not_begun(world: World, small: Path) -> None:
    here = _here(world, small)
    here.say("x" * 3 * 2**20)
    (small / "filler").write_bytes(os.urandom(os.statvfs(small).f_bavail * 4096 - 2 * 2**20))
    with pytest.raises(NoRoomError, match="copy of"):
        here.create()
    assert not (here.home.backups / "staging").exists()


def test_a_restore_that_does_not_fit_changes_nothing(world: World, small: Path) -> None:
    here = _here(world, small)
    here.write("groups/family/big", bytes(2**20))
    here.create()
    here.write("groups/family/CLAUDE.md", "other")
    (small / "filler").write_bytes(os.urandom(os.statvfs(small).f_bavail * 4096 - 2**19))
    with pytest.raises(NanoclawError):
        here.restore()
    assert (here.home.groups / "family/CLAUDE.md").read_text() == "other"
    assert here.said() == {"hello"}
    (small / "filler").unlink()


def test_backups_on_a_disk_that_cannot_be_written_can_be_read(world: World, small: Path, tmp_path: Path) -> None:
    here = _here(world, small)
    name = here.create().snapshot.name
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    assert here.repository().names() == [name]
    assert verify(here.repository(), repair=True).problems == ()
    here.restore_to(tmp_path / "out")
    for attempt in (here.create, here.restore):
        with pytest.raises(NanoclawError, match="Read-only"):
            attempt()


def test_a_folder_that_is_a_disk_of_its_own_is_not_swapped_away(world: World, small: Path) -> None:
    world.create()
    groups = world.home.groups
    subprocess.run(["mount", "--bind", str(small), str(groups)], check=True)
    try:
        with pytest.raises(BackupError, match="groups is a disk of its own"):
            world.restore()
        world.restore("databases")
    finally:
        subprocess.run(["umount", "-l", str(groups)], check=True)
    assert (groups / "family/CLAUDE.md").read_text() == "We are four.\n"


def test_a_drill_that_cannot_make_its_folder_says_so(world: World, small: Path) -> None:
    here = _here(world, small)
    here.create()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with pytest.raises(DrillFailedError, match="Read-only"):
        drill(here.way(), Choice(), (sys.executable, "-c", ""), {})

"""A second place."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nanoclaw.operations.backup.copies import replicate
from nanoclaw.operations.backup.errors import BackupError
from nanoclaw.operations.backup.restore import Choice, restore
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.verify import verify
from nanoclaw.settings.home import Home
from tests.unit.operations.backup.conftest import World


@pytest.fixture(params=[None, b"a passphrase"], ids=["plain", "encrypted"])
def secret(request: pytest.FixtureRequest) -> bytes | None:
    chosen: bytes | None = request.param
    return chosen


def test_the_home_comes_back_from_the_copy_alone(world: World, tmp_path: Path, secret: bytes | None) -> None:
    world.secret, nas = secret, tmp_path / "nas"
    world.create()
    replicate(world.repository(), world.repository(nas))
    shutil.rmtree(world.home.root)
    fresh = World(Home(tmp_path / "new"), secret=secret)
    fresh.restore_to(tmp_path / "new", place=nas)
    assert (tmp_path / "new/groups/family/CLAUDE.md").read_text() == "We are four.\n"
    assert fresh.said() == {"hello"}


def test_only_what_is_missing_goes_over(world: World, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    world.create()
    first = replicate(world.repository(), world.repository(nas))
    world.write("groups/family/more", "more")
    world.create(Kind.HOURLY)
    second = replicate(world.repository(), world.repository(nas))
    again = replicate(world.repository(), world.repository(nas))
    assert (first.snapshots, second.snapshots, again.snapshots) == (1, 1, 0)
    assert 0 < second.chunks < first.chunks
    assert again.written == 0
    assert verify(world.repository(nas), repair=False).snapshots == 2


def test_a_disk_that_is_not_mounted_is_noticed(world: World, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    world.create()
    replicate(world.repository(), world.repository(nas))
    shutil.rmtree(nas)
    nas.mkdir()
    with pytest.raises(BackupError, match="is empty now"):
        replicate(world.repository(), world.repository(nas))
    assert not (nas / "chunks").exists()


def test_two_homes_do_not_share_a_place(world: World, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    world.create()
    replicate(world.repository(), world.repository(nas))
    other = World(Home(tmp_path / "other"))
    other.home.create()
    other.write("config.toml", "")
    other.create(Kind.CHANGE)
    with pytest.raises(BackupError, match="another home"):
        replicate(other.repository(), world.repository(nas))


def test_what_a_copy_lost_comes_back_with_the_next_one(world: World, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    world.write("groups/family/once", os.urandom(70_000))
    world.create()
    replicate(world.repository(), world.repository(nas))
    (world.home.groups / "family/once").unlink()
    world.create()
    for path in _chunks(nas):
        path.write_bytes(path.read_bytes()[:-1])
    assert verify(world.repository(nas), repair=True).set_aside == len(_chunks(world.home.backups))
    assert verify(world.repository(nas), repair=False).problems
    healed = replicate(world.repository(), world.repository(nas))
    assert healed.snapshots == 1
    assert verify(world.repository(nas), repair=False).problems == ()


def test_a_backup_that_is_damaged_here_does_not_keep_the_others_from_being_copied(world: World, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    world.write("groups/family/once", os.urandom(70_000))
    damaged = world.create().snapshot.name
    (world.home.groups / "family/once").unlink()
    whole = world.create().snapshot.name
    chunks_of = {name: world.repository().read(name)[0].chunks for name in (damaged, whole)}
    for path in _chunks(world.home.backups):
        if path.name in chunks_of[damaged] - chunks_of[whole]:
            path.unlink()
    assert [one.snapshot for one in verify(world.repository(), repair=False).problems] == [damaged]
    assert replicate(world.repository(), world.repository(nas)).snapshots == 1
    assert world.repository(nas).names() == [whole]
    assert verify(world.repository(nas), repair=False).problems == ()


def _chunks(place: Path) -> list[Path]:
    return [path for path in (place / "chunks").rglob("*") if path.is_file()]


def test_a_home_that_took_over_from_another_goes_on_with_its_copies_when_told_so(
    world: World, tmp_path: Path, secret: bytes | None
) -> None:
    world.secret, nas = secret, tmp_path / "nas"
    world.create()
    replicate(world.repository(), world.repository(nas))
    heir = World(Home(tmp_path / "heir"), secret=secret, clock=world.clock)
    restore(heir.way(nas), Choice())
    heir.say("from the new machine")
    heir.create()
    with pytest.raises(BackupError, match="another home") as refused:
        replicate(heir.repository(), heir.repository(nas))
    command = refused.value.hint.split("`")[1]
    subprocess.run(["sh", "-c", command], check=True)
    assert replicate(heir.repository(), heir.repository(nas)).snapshots == 1
    assert len(heir.repository(nas).names()) == 2
    assert verify(heir.repository(nas), repair=False).problems == ()

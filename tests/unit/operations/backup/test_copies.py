"""A second place."""

import shutil
from pathlib import Path

import pytest

from nanoclaw.operations.backup.copies import replicate
from nanoclaw.operations.backup.errors import BackupError
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

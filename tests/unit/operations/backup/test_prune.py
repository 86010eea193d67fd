"""Thinning out frees room and harms nothing that stays."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nanoclaw.operations.backup.errors import BackupBusyError, BackupKeyError
from nanoclaw.operations.backup.prune import Pruned, prune
from nanoclaw.operations.backup.retention import Policy
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.vault import Use
from nanoclaw.operations.backup.verify import verify
from tests.unit.operations.backup.conftest import HOUR, World

UTC = ZoneInfo("UTC")
LAST = Policy(hourly=1, daily=1, weekly=1, changes=1, manual=1)


def _prune(world: World, policy: Policy = LAST, *, dry_run: bool = False) -> Pruned:
    return prune(world.repository(), policy, world.clock.now(), UTC, dry_run=dry_run)


def _size(world: World) -> int:
    return sum(path.stat().st_size for path in (world.home.backups / "chunks").rglob("*") if path.is_file())


def test_what_nobody_needs_any_more_is_freed_and_the_rest_comes_back(world: World, tmp_path: Path) -> None:
    for _ in range(4):
        world.write("groups/family/big", os.urandom(300_000))
        world.clock.value += HOUR
        newest = world.create(Kind.HOURLY).snapshot.name
    before = _size(world)
    told = _prune(world, dry_run=True)
    assert _size(world) == before
    done = _prune(world)
    assert (done.removed, done.chunks) == (told.removed, told.chunks)
    assert done.kept == (newest,)
    assert done.freed >= 900_000
    assert _size(world) <= before - 900_000
    assert verify(world.repository(), repair=False).problems == ()
    world.restore_to(tmp_path / "out")
    assert (tmp_path / "out/groups/family/big").read_bytes() == (world.home.groups / "family/big").read_bytes()


def test_chunks_of_a_backup_that_was_never_finished_are_freed(world: World) -> None:
    world.create()
    name = world.repository().names()[0]
    (world.home.backups / "snapshots" / str(name)).unlink()
    assert _prune(world).chunks > 0
    assert _size(world) == 0


def test_while_one_that_stays_cannot_be_read_no_chunk_goes(world: World) -> None:
    for _ in range(3):
        world.write("groups/family/big", os.urandom(100_000))
        world.clock.value += HOUR
        world.create(Kind.HOURLY)
    path = world.home.backups / "snapshots" / str(world.repository().names()[-1])
    path.write_bytes(path.read_bytes()[:-5])
    before = _size(world)
    done = _prune(world)
    assert len(done.removed) == 2
    assert len(done.unreadable) == 1
    assert _size(world) == before


def test_without_the_passphrase_nothing_goes(world: World) -> None:
    world.secret = b"a passphrase"
    for _ in range(3):
        world.clock.value += HOUR
        world.create(Kind.HOURLY)
    world.secret = b"another"
    with pytest.raises(BackupKeyError):
        _prune(world)
    assert len(world.repository().names()) == 3


@pytest.mark.parametrize("use", [Use.ADD, Use.READ])
def test_nobody_thins_out_what_somebody_reads_or_adds_to(world: World, use: Use) -> None:
    world.create()
    with world.repository().using(use), pytest.raises(BackupBusyError):
        _prune(world)

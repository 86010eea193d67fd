"""Damage of every kind is found, named, and healed where the content is still there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.errors import BackupDamagedError, BackupError, BackupKeyError, NewerBackupError
from nanoclaw.operations.backup.restore import Choice, restore_to
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.verify import verify
from tests.unit.operations.backup.conftest import World


def _chunk_of(world: World, path: str) -> Path:
    repository = world.repository()
    snapshot, _ = repository.read(repository.names()[-1])
    name = next(entry.chunks[0] for entry in snapshot.entries if entry.path == path)
    return world.home.backups / "chunks" / name[:2] / name


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "cut": _cut,
    "empty": _empty,
    "flipped": _flip,
}


@pytest.mark.parametrize("secret", [None, b"a passphrase"], ids=["plain", "encrypted"])
def test_a_sound_store_is_found_sound_to_the_last_chunk(world: World, secret: bytes | None) -> None:
    world.secret = secret
    world.create()
    world.write("groups/family/more", os.urandom(200_000))
    world.create()
    found = verify(world.repository(), repair=False)
    assert found.problems == ()
    assert found.snapshots == 2
    assert found.chunks == sum(path.is_file() for path in (world.home.backups / "chunks").rglob("*"))


@pytest.mark.parametrize("secret", [None, b"a passphrase"], ids=["plain", "encrypted"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_chunk_is_found_named_and_healed(
    world: World, damage: Callable[[Path], None], secret: bytes | None, tmp_path: Path
) -> None:
    world.secret = secret
    world.create()
    damage(_chunk_of(world, "groups/family/CLAUDE.md"))
    found = verify(world.repository(), repair=False)
    assert [problem.files for problem in found.problems] == [("groups/family/CLAUDE.md",)]
    with pytest.raises(BackupDamagedError):
        world.restore_to(tmp_path / "refused")
    verify(world.repository(), repair=True)
    world.create(Kind.DAILY)
    assert verify(world.repository(), repair=False).problems == ()
    world.restore_to(tmp_path / "out")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_list_is_found_and_the_others_stay_good(
    world: World, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    first, second = world.create().snapshot.name, world.create().snapshot.name
    damage(world.home.backups / "snapshots" / str(second))
    found = verify(world.repository(), repair=False)
    assert {problem.snapshot for problem in found.problems} <= {second}
    restore_to(world.way(), Choice(snapshot=str(first)), tmp_path / "out")
    world.create()


def test_every_byte_of_a_list_counts(world: World) -> None:
    name = world.create().snapshot.name
    path = world.home.backups / "snapshots" / str(name)
    good = path.read_bytes()
    sound, _ = world.repository().read(name)
    for place in range(0, len(good), max(1, len(good) // 200)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x20]) + good[place + 1 :])
        try:
            read, _ = world.repository().read(name)
        except BackupError:
            continue
        assert read == sound, place


def test_a_list_of_a_later_format_is_refused_as_such(world: World) -> None:
    name = world.create().snapshot.name
    path = world.home.backups / "snapshots" / str(name)
    path.write_bytes(path.read_bytes().replace(b'"nanoclaw-backup": 1', b'"nanoclaw-backup": 2', 1))
    with pytest.raises(NewerBackupError, match="format 2"):
        world.repository().read(name)
    assert "format 2" in verify(world.repository(), repair=False).problems[0].what


def test_a_list_under_another_name_is_refused_when_it_is_sealed(world: World) -> None:
    world.secret = b"a passphrase"
    first, second = world.create().snapshot.name, world.create().snapshot.name
    folder = world.home.backups / "snapshots"
    (folder / str(first)).replace(folder / str(second))
    with pytest.raises(BackupDamagedError):
        world.repository().read(second)


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x", "", "a//b", "./a"])
def test_a_list_cannot_name_a_path_outside(world: World, path: str) -> None:
    from dataclasses import replace  # noqa: PLC0415 - only here

    from nanoclaw.operations.backup.codec import SealRing, decode, encode  # noqa: PLC0415 - only here
    from nanoclaw.operations.backup.seals import PlainSeal  # noqa: PLC0415 - only here

    snapshot = world.create().snapshot
    forged = replace(snapshot, entries=(replace(snapshot.entries[0], path=path),))
    with pytest.raises(BackupDamagedError):
        decode(snapshot.name, encode(forged, PlainSeal()), SealRing(None))


def test_a_link_in_a_forged_list_is_not_written_through(world: World, tmp_path: Path) -> None:
    from dataclasses import replace  # noqa: PLC0415 - only here

    from nanoclaw.operations.backup.seals import PlainSeal  # noqa: PLC0415 - only here
    from nanoclaw.operations.backup.snapshot import Entry, EntryType  # noqa: PLC0415 - only here

    snapshot = world.create().snapshot
    file = next(entry for entry in snapshot.entries if entry.path == "groups/family/CLAUDE.md")
    (tmp_path / "outside").mkdir()
    link = Entry(
        path="groups/evil", type=EntryType.LINK, mode=0o777, stamp=file.stamp, target=str(tmp_path / "outside")
    )
    forged = replace(
        snapshot,
        name=replace(snapshot.name, at=Milliseconds(snapshot.name.at + 1)),
        entries=(link, replace(file, path="groups/evil/x")),
    )
    world.repository().keep(forged, PlainSeal())
    with pytest.raises(BackupError):
        world.restore_to(tmp_path / "out")
    assert not list((tmp_path / "outside").iterdir())


def test_the_wrong_passphrase_is_told_as_such_everywhere(world: World, tmp_path: Path) -> None:
    world.secret = b"a passphrase"
    name = world.create().snapshot.name
    for secret in (b"another", None):
        world.secret = secret
        for attempt in (
            lambda: world.repository().read(name),
            lambda: verify(world.repository(), repair=True),
            lambda: world.restore_to(tmp_path / "out"),
            world.create,
        ):
            with pytest.raises(BackupKeyError):
                attempt()
    assert world.repository().names() == [name]


def test_backups_from_before_a_passphrase_was_set_can_still_be_read(world: World, tmp_path: Path) -> None:
    plain = world.create().snapshot.name
    world.secret = b"a passphrase"
    sealed = world.create().snapshot.name
    for number, name in enumerate((plain, sealed)):
        restore_to(world.way(), Choice(snapshot=str(name)), tmp_path / f"{number}")
    assert [world.repository().is_sealed(name) for name in (plain, sealed)] == [False, True]
    assert verify(world.repository(), repair=False).problems == ()


def test_nothing_readable_is_in_an_encrypted_store(world: World) -> None:
    world.secret = b"a passphrase"
    world.write("groups/family/CLAUDE.md", "a very particular sentence " * 20)
    world.create()
    everything = b"".join(path.read_bytes() for path in world.home.backups.rglob("*") if path.is_file())
    for word in (b"particular", b"CLAUDE.md", b"family", b"a-placeholder", b"a passphrase"):
        assert word not in everything

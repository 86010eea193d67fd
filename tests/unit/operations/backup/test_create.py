"""What a backup holds, and what it leaves alone."""

import os
import socket
import stat
import threading
import time
from pathlib import Path

import apsw
import pytest

from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.backup.errors import BackupBusyError, BackupError, NoRoomError
from nanoclaw.operations.backup.reach import Reach
from nanoclaw.operations.backup.snapshot import EntryType, Kind
from nanoclaw.operations.backup.vault import Use
from nanoclaw.settings.home import Home
from nanoclaw.store.errors import DatabaseCorruptError
from tests.unit.operations.backup.conftest import World


def _paths(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_everything_comes_back_as_it_was(world: World, tmp_path: Path) -> None:
    made = world.create()
    world.restore_to(tmp_path / "out")
    found = _paths(tmp_path / "out")
    for path in (
        "config.toml",
        ".env",
        "groups/family/CLAUDE.md",
        "groups/global/CLAUDE.md",
        "data/sessions/family/projects/p/s.jsonl",
        "data/outgoing/x/photo.jpg",
        "store/auth/web/token",
    ):
        assert found[path] == (world.home.root / path).read_bytes(), path
    assert found["outside/mount-allowlist.json"] == b"[]"
    assert {"store/messages.db", "store/tasks.db"} <= set(found)
    assert made.snapshot.databases["store/messages.db"].rows["troubles"] == 1
    assert made.snapshot.program == "1.2.3"
    assert not made.snapshot.skipped


def test_sockets_logs_and_backups_themselves_are_left_out(world: World) -> None:
    world.write("logs/nanoclaw.log", "x")
    world.write("data/ipc/family/gateway/x", "x")
    world.create()
    paths = {entry.path for entry in world.create().snapshot.entries}
    assert not [path for path in paths if path.startswith(("logs", "data/ipc", "backups"))]


def test_what_agents_leave_in_their_folders_is_taken_as_it_is_or_not_at_all(world: World, tmp_path: Path) -> None:
    folder = world.home.root / "groups" / "family"
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("the owner's")
    (folder / "folder-link").symlink_to(tmp_path / "secret")
    (folder / "file-link").symlink_to(tmp_path / "secret" / "key")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "s"))
        made = world.create()
    kinds = {entry.path: entry.type for entry in made.snapshot.entries}
    assert kinds["groups/family/folder-link"] is EntryType.LINK
    assert kinds["groups/family/file-link"] is EntryType.LINK
    assert not [path for path in kinds if path.endswith(("/pipe", "/s", "/key"))]
    world.restore_to(tmp_path / "out")
    assert (tmp_path / "out/groups/family/file-link").readlink() == tmp_path / "secret" / "key"


def test_names_may_be_any_bytes(world: World, tmp_path: Path) -> None:
    folder = os.fsencode(world.home.root / "groups" / "family")
    names = [b"\xff\xfe", b"new\nline", b"\x1b[31m", "ü".encode(), b" ", b"-rf", b"a" * 255]
    for name in names:
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(name)
    world.create()
    world.restore_to(tmp_path / "out")
    restored = os.fsencode(tmp_path / "out" / "groups" / "family")
    assert {name: Path(os.fsdecode(restored + b"/" + name)).read_bytes() for name in names} == {n: n for n in names}


def _make_deep(root: Path, depth: int) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    file = os.open("leaf", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=descriptor)
    os.write(file, b"deep")
    os.close(file)
    os.close(descriptor)


def test_a_tree_of_1500_folders_is_taken_and_comes_back(world: World, tmp_path: Path) -> None:
    _make_deep(world.home.groups, 1500)
    made = world.create()
    leaf = "groups/" + "d/" * 1500 + "leaf"
    assert leaf in {entry.path for entry in made.snapshot.entries}
    world.restore_to(tmp_path / "out")
    with Reach(tmp_path / "out" / "groups") as reach:
        assert "leaf" in os.listdir(reach.folder(("d",) * 1500))  # noqa: PTH208 - by descriptor
    # The test runner's own way of clearing up recurses.
    for root in (tmp_path / "out", world.home.groups):
        remove_tree(root)
        assert not root.exists()


def test_a_path_longer_than_the_system_takes_is_told_as_left_out(world: World) -> None:
    _make_deep(world.home.groups, 3000)
    made = world.create()
    assert "longer than 4096 bytes" in {one.why for one in made.snapshot.skipped}
    assert "groups/family/CLAUDE.md" in {entry.path for entry in made.snapshot.entries}
    remove_tree(world.home.groups)
    assert not world.home.groups.exists()


def test_modes_are_kept_in_the_list_and_private_when_restored(world: World, tmp_path: Path) -> None:
    script = world.write("groups/family/run.sh", "#!/bin/sh\n")
    script.chmod(0o755)
    readable = world.write("groups/family/open.txt", "x")
    readable.chmod(0o644)
    made = world.create()
    assert {one.path: one.mode for one in made.snapshot.entries}["groups/family/run.sh"] == 0o755
    world.restore_to(tmp_path / "out")
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in (tmp_path / "out").rglob("*")}
    assert modes["run.sh"] == 0o700
    assert modes["open.txt"] == 0o600
    assert set(modes.values()) == {0o700, 0o600}


def test_everything_in_the_store_is_private(world: World) -> None:
    world.create()
    for path in world.home.backups.rglob("*"):
        assert not stat.S_IMODE(path.lstat().st_mode) & 0o077, path


def test_what_did_not_change_is_not_read_again_and_takes_no_room(world: World) -> None:
    world.create()
    time.sleep(0.01)
    world.clock.value = time.time_ns() // 1_000_000 + 60_000  # every file is older than the next snapshot
    world.create(Kind.HOURLY)
    again = world.create(Kind.HOURLY)
    assert again.tally.chunks == 0
    assert again.tally.read == sum(path.stat().st_size for path in (world.home.config, world.home.env_file)) + 2
    full = world.create(Kind.DAILY)
    assert full.tally.chunks == 0
    assert full.tally.read == full.snapshot.size


def test_a_change_that_keeps_size_and_date_is_seen_all_the_same(world: World, tmp_path: Path) -> None:
    file = world.write("groups/family/note", "before")
    world.create()
    world.clock.value = time.time_ns() // 1_000_000 + 60_000
    world.create(Kind.HOURLY)
    before = file.stat()
    file.write_text("after!")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    world.create(Kind.HOURLY)
    world.restore_to(tmp_path / "out")
    assert (tmp_path / "out/groups/family/note").read_text() == "after!"


def test_a_database_is_consistent_although_others_write_to_it(world: World, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        connection = apsw.Connection(str(world.home.database))
        connection.set_busy_timeout(10_000)
        while not stop.is_set():
            with connection:
                connection.execute("INSERT INTO troubles (at, what, hint) VALUES (1, 'pair', 'a')")
                connection.execute("INSERT INTO troubles (at, what, hint) VALUES (2, 'pair', 'b')")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            made = world.create()
            folder = tmp_path / f"out{number}"
            restored = world.restore_to(folder)  # checks integrity and counts
            connection = apsw.Connection(str(folder / "store/messages.db"))
            halves = connection.execute("SELECT sum(at = 1), sum(at = 2) FROM troubles").fetchall()[0]
            connection.close()
            assert halves[0] == halves[1]
            assert restored.rows["store/messages.db"] == made.snapshot.databases["store/messages.db"].rows
    finally:
        stop.set()
        writer.join()


def test_a_database_among_the_logins_is_copied_consistently_without_its_log(world: World, tmp_path: Path) -> None:
    place = world.home.root / "store" / "auth" / "whatsapp" / "session.db"
    place.parent.mkdir()
    living = apsw.Connection(str(place))
    living.execute("PRAGMA journal_mode = WAL").fetchall()
    living.execute("CREATE TABLE keys (id)")
    living.execute("INSERT INTO keys VALUES ('in the log only')")
    made = world.create()
    names = {entry.path for entry in made.snapshot.entries}
    assert "store/auth/whatsapp/session.db-wal" not in names
    assert Path(f"{place}-wal").stat().st_size > 0
    world.restore_to(tmp_path / "out")
    living.close()
    copy = apsw.Connection(str(tmp_path / "out/store/auth/whatsapp/session.db"))
    assert copy.execute("SELECT id FROM keys").fetchall() == [("in the log only",)]
    copy.close()


def test_a_database_that_an_agent_made_is_never_opened(world: World, tmp_path: Path) -> None:
    world.write("groups/family/x.db", b"SQLite format 3\0" + b"\xff" * 5000)
    world.write("groups/family/x.db-wal", b"anything")
    world.create()
    world.restore_to(tmp_path / "out")
    assert (tmp_path / "out/groups/family/x.db-wal").read_bytes() == b"anything"


def test_a_change_has_only_logins_and_configuration(world: World) -> None:
    tops = {entry.path.split("/")[0] for entry in world.create(Kind.CHANGE).snapshot.entries}
    assert tops == {"config.toml", ".env", "outside", "store"}


def test_two_at_once_wait_for_each_other_and_then_give_up(world: World) -> None:
    with world.repository().using(Use.ADD), pytest.raises(BackupBusyError, match="in use by another"):
        world.create()
    world.create()


def test_readers_do_not_keep_a_backup_from_being_made(world: World) -> None:
    with world.repository().using(Use.READ):
        world.create()


def test_a_home_that_does_not_exist_is_refused_and_not_made(world: World, tmp_path: Path) -> None:
    nowhere = World(Home(tmp_path / "nowhere"))
    with pytest.raises(BackupError, match="no home folder"):
        nowhere.create()
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_that_would_fill_the_disk_is_refused_and_nothing_is_lost(world: World, tmp_path: Path) -> None:
    before = world.create().snapshot.name
    world.write("groups/family/new", os.urandom(300_000))
    world.leave_free = 2**60
    with pytest.raises(NoRoomError, match="are free, of which"):
        world.create(Kind.DAILY)
    world.leave_free = 0
    assert world.repository().names() == [before]
    assert not (world.home.backups / "staging").exists()
    world.restore_to(tmp_path / "out")


def test_a_home_that_was_moved_has_its_backups_with_it(world: World, tmp_path: Path) -> None:
    world.create()
    moved = tmp_path / "elsewhere"
    world.home.root.rename(moved)
    there = World(Home(moved), clock=world.clock)
    there.write("groups/family/CLAUDE.md", "changed")
    there.restore()
    assert (moved / "groups/family/CLAUDE.md").read_text() == "We are four.\n"


def test_a_clock_that_was_set_back_neither_hides_nor_loses_backups(world: World) -> None:
    world.create()
    world.write("groups/family/CLAUDE.md", "later, but earlier")
    world.clock.value -= 40 * 86_400_000
    world.create(Kind.HOURLY)
    names = world.repository().names()
    assert [name.kind for name in names] == [Kind.HOURLY, Kind.MANUAL]
    world.restore(at=world.clock.value)
    assert (world.home.groups / "family/CLAUDE.md").read_text() == "later, but earlier"


def test_a_damaged_database_is_named_by_its_own_name(world: World) -> None:
    first = world.create().snapshot.name
    for number in range(200):
        world.say(f"{number} " + "x" * 4000)
    size = world.home.database.stat().st_size
    with world.home.database.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 8 * 4096)
    with pytest.raises(DatabaseCorruptError, match=r"store/messages\.db is damaged"):
        world.create()
    assert world.repository().names() == [first]

"""The way back: into the home or beside it, in one piece or not at all."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from nanoclaw.daemon.lock import HomeInUseError, hold
from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.errors import BackupDamagedError, BackupError, NoSuchBackupError
from nanoclaw.operations.backup.restore import Choice, restore
from nanoclaw.operations.backup.snapshot import Kind, Part
from nanoclaw.operations.backup.swap import Swap, begin, finish, workshop
from nanoclaw.settings.home import Home
from tests.unit.operations.backup.conftest import World


def test_the_home_is_as_it_was_and_what_was_there_is_kept(world: World) -> None:
    world.create()
    world.say("later")
    world.write("groups/family/CLAUDE.md", "We are five.\n")
    world.write("groups/family/new", "x")
    done = world.restore()
    assert world.said() == {"hello"}
    assert (world.home.groups / "family/CLAUDE.md").read_text() == "We are four.\n"
    assert not (world.home.groups / "family/new").exists()
    assert done.saved is not None
    assert (done.saved / "groups/family/new").read_text() == "x"
    saved = World(Home(done.saved))
    assert saved.said() == {"hello", "later"}
    assert not workshop(world.home).exists()


def test_a_log_that_belongs_to_the_replaced_database_goes_with_it(world: World) -> None:
    world.create()
    for ending in ("-wal", "-shm"):
        world.write(f"store/messages.db{ending}", b"stale" * 1000)
    done = world.restore("databases")
    assert sorted(path.name for path in world.home.database.parent.iterdir()) == ["auth", "messages.db", "tasks.db"]
    assert done.saved is not None
    assert (done.saved / "store/messages.db-wal").exists()
    assert world.said() == {"hello"}


def test_back_to_each_point_in_time(world: World) -> None:
    points = []
    for number in range(5):
        world.write("groups/family/CLAUDE.md", f"{number}")
        world.say(f"row {number}")
        points.append(world.create(Kind.HOURLY).snapshot.name.at)
    for number in (2, 0, 4):
        world.restore(at=points[number] + 1)
        assert (world.home.groups / "family/CLAUDE.md").read_text() == f"{number}"
        assert world.said() == {"hello", *(f"row {each}" for each in range(number + 1))}


def test_before_the_first_one_there_is_none(world: World) -> None:
    first = world.create()
    with pytest.raises(NoSuchBackupError):
        world.restore(at=first.snapshot.name.at - 1)


@pytest.mark.parametrize("part", Part)
def test_a_part_comes_back_by_itself(world: World, part: Part) -> None:
    world.create()
    changed: dict[Part, Callable[[], object]] = {
        Part.DATABASES: lambda: world.say("later"),
        Part.AUTH: lambda: world.write("store/auth/web/token", "other"),
        Part.GROUPS: lambda: world.write("groups/family/CLAUDE.md", "other"),
        Part.SESSIONS: lambda: world.write("data/sessions/family/projects/p/s.jsonl", "other"),
        Part.CONFIG: lambda: world.write("config.toml", "# other"),
    }
    for change in changed.values():
        change()
    world.restore(part)
    back = {
        Part.DATABASES: world.said() == {"hello"},
        Part.AUTH: (world.home.root / "store/auth/web/token").read_text() == "a-token",
        Part.GROUPS: (world.home.groups / "family/CLAUDE.md").read_text() == "We are four.\n",
        Part.SESSIONS: (world.home.root / "data/sessions/family/projects/p/s.jsonl").read_text() != "other",
        Part.CONFIG: "Iris" in world.home.config.read_text(),
    }
    assert back == {one: one is part for one in Part}


def test_one_path_comes_back_by_itself(world: World) -> None:
    world.write("groups/work/CLAUDE.md", "Work.\n")
    world.create()
    world.write("groups/work/CLAUDE.md", "other")
    world.write("groups/family/CLAUDE.md", "other")
    done = world.restore("groups/work")
    assert done.paths == ("groups/work",)
    assert (world.home.groups / "work/CLAUDE.md").read_text() == "Work.\n"
    assert (world.home.groups / "family/CLAUDE.md").read_text() == "other"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "logs", "nothing", "groups/none", ""])
def test_what_is_in_no_backup_cannot_be_restored(world: World, path: str) -> None:
    world.create()
    with pytest.raises(BackupError):
        world.restore(path)


def test_a_link_that_an_agent_left_in_the_way_is_not_followed(world: World, tmp_path: Path) -> None:
    world.write("groups/family/notes/today", "mine")
    world.create()
    (world.home.groups / "family/notes/today").unlink()
    (world.home.groups / "family/notes").rmdir()
    (tmp_path / "outside").mkdir()
    (world.home.groups / "family/notes").symlink_to(tmp_path / "outside")
    with pytest.raises(BackupError, match="Cannot replace groups/family/notes/today"):
        world.restore("groups/family/notes/today")
    assert not list((tmp_path / "outside").iterdir())
    assert not workshop(world.home).exists()


def test_the_mount_allowlist_comes_back_outside_of_the_home(world: World) -> None:
    world.create()
    world.allowlist.write_text('["/srv"]')
    world.restore("config")
    assert world.allowlist.read_text() == "[]"
    kept = [path for path in world.allowlist.parent.iterdir() if "replaced" in path.name]
    assert [path.read_text() for path in kept] == ['["/srv"]']


def test_a_running_daemon_refuses_and_nothing_changes(world: World, tmp_path: Path) -> None:
    world.create()
    world.write("groups/family/CLAUDE.md", "other")
    with hold(world.home.lock), pytest.raises(HomeInUseError):
        world.restore()
    assert (world.home.groups / "family/CLAUDE.md").read_text() == "other"
    with hold(world.home.lock):
        world.restore_to(tmp_path / "out")


def test_a_folder_that_is_not_empty_is_not_restored_into(world: World, tmp_path: Path) -> None:
    world.create()
    with pytest.raises(BackupError, match="not empty"):
        world.restore_to(tmp_path)


def test_a_database_of_a_newer_program_is_refused_before_anything_changes(world: World) -> None:
    import apsw  # noqa: PLC0415 - only here

    connection = apsw.Connection(str(world.home.database))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    world.create()
    world.write("groups/family/CLAUDE.md", "other")
    with pytest.raises(BackupError, match="schema 999"):
        world.restore()
    assert (world.home.groups / "family/CLAUDE.md").read_text() == "other"
    assert not workshop(world.home).exists()


def test_what_the_backup_does_not_have_stays(world: World) -> None:
    world.home.env_file.unlink()
    world.create()
    world.write(".env", "NEW=1\n")
    world.restore()
    assert world.home.env_file.read_text() == "NEW=1\n"


def test_a_damaged_backup_changes_nothing(world: World) -> None:
    world.create()
    world.write("groups/family/CLAUDE.md", "other")
    chunk = max((world.home.backups / "chunks").rglob("*"), key=lambda path: path.stat().st_size * path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-1])
    with pytest.raises(BackupError, match="damaged"):
        world.restore()
    assert (world.home.groups / "family/CLAUDE.md").read_text() == "other"
    assert not workshop(world.home).exists()
    assert not (world.home.root / "data/restore.json").exists()


def test_several_restores_keep_everything_that_they_replaced(world: World) -> None:
    world.create()
    saved = set()
    for number in range(3):
        world.write("groups/family/CLAUDE.md", f"{number}")
        done = restore(world.way(), Choice(only=("groups",)))
        assert done.saved is not None
        saved |= {path.read_text() for path in (world.home.root / "replaced").rglob("CLAUDE.md*")}
    assert {"0", "1", "2"} <= saved


def _swaps(home: Home) -> list[Swap]:
    """Three of each sort, with what they need: a file that is there, one that is not, one that goes."""
    for name in ("a", "b"):
        path = workshop(home) / "new" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"new {name}")
    (home.root / "a").write_text("old a")
    (home.root / "c").write_text("old c")
    return [
        Swap(target="c", new="", saved="replaced/c"),
        Swap(target="a", new="data/restoring/new/a", saved="replaced/a"),
        Swap(target="b", new="data/restoring/new/b", saved="replaced/b"),
    ]


def _steps(home: Home) -> Iterator[tuple[Path, Path]]:
    """The renames in their order."""
    saved, new = home.root / "replaced", workshop(home) / "new"
    yield home.root / "c", saved / "c"
    yield home.root / "a", saved / "a"
    yield new / "a", home.root / "a"
    yield new / "b", home.root / "b"


@pytest.mark.parametrize("done", range(5))
def test_a_swap_that_was_killed_after_any_step_is_finished(world: World, done: int) -> None:
    home = world.home
    swaps = _swaps(home)
    journal = {"format": 1, "swaps": [asdict(swap) for swap in swaps]}
    (home.root / "data/restore.json").write_text(json.dumps(journal))
    for _, (source, target) in zip(range(done), _steps(home), strict=False):
        target.parent.mkdir(exist_ok=True)
        source.rename(target)
    assert finish(home)
    assert not finish(home)
    assert ((home.root / "a").read_text(), (home.root / "b").read_text()) == ("new a", "new b")
    assert not os.path.lexists(home.root / "c")
    assert {path.name: path.read_text() for path in (home.root / "replaced").iterdir()} == {"a": "old a", "c": "old c"}
    assert not workshop(home).exists()


def test_a_swap_that_cannot_be_made_is_refused_before_the_first_one(world: World) -> None:
    swaps = [*_swaps(world.home), Swap(target="a/below/a/file", new="data/restoring/new/b", saved="replaced/x")]
    with pytest.raises(BackupError, match="Cannot replace a/below"):
        begin(world.home, swaps)
    assert (world.home.root / "a").read_text() == "old a"


def test_a_restore_that_was_killed_before_its_first_step_leaves_nothing(world: World) -> None:
    _swaps(world.home)
    assert not finish(world.home)
    assert (world.home.root / "a").read_text() == "old a"
    assert not workshop(world.home).exists()


def test_no_backup_is_made_of_a_home_that_is_half_restored(world: World) -> None:
    swaps = _swaps(world.home)
    journal = world.home.root / "data/restore.json"
    journal.write_text(json.dumps({"format": 1, "swaps": [asdict(swap) for swap in swaps]}))
    with pytest.raises(BackupError, match="not finished yet"):
        world.create()
    finish(world.home)
    world.create()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_restores_inside_a_folder_of_an_agent_belongs_to_the_agent(world: World) -> None:
    world.write("groups/family/notes/today", "mine")
    world.create()
    os.chown(world.home.groups / "family", 1000, 1000)
    world.restore("groups/family/notes")
    for path in ("groups/family/notes", "groups/family/notes/today"):
        assert (world.home.root / path).lstat().st_uid == 1000


def test_a_backup_of_the_future_is_not_taken_for_the_newest(world: World) -> None:
    world.clock.value += 900 * 86_400_000
    world.create()
    world.clock.value -= 900 * 86_400_000
    world.restore()  # there is no other
    world.write("groups/family/CLAUDE.md", "now")
    world.create()
    world.write("groups/family/CLAUDE.md", "later")
    world.restore()
    assert (world.home.groups / "family/CLAUDE.md").read_text() == "now"


def test_a_restore_beside_the_home_that_fails_leaves_the_folder_empty(world: World, tmp_path: Path) -> None:
    world.create()
    folder = tmp_path / "beside"
    chunks = [path for path in (world.home.backups / "chunks").rglob("*") if path.is_file()]
    largest = max(chunks, key=lambda path: path.stat().st_size)
    content = largest.read_bytes()
    largest.write_bytes(content[:-1])
    with pytest.raises(BackupDamagedError, match="damaged"):
        world.restore_to(folder)
    assert list(folder.iterdir()) == []
    largest.write_bytes(content)
    world.restore_to(folder)
    assert (folder / "groups/family/CLAUDE.md").read_text() == "We are four.\n"


def test_a_home_that_was_made_for_a_restore_had_nothing_before(world: World, tmp_path: Path) -> None:
    world.create()
    fresh = World(Home(tmp_path / "fresh"), clock=world.clock)
    done = restore(fresh.way(world.home.backups), Choice())
    assert done.saved is None
    assert not any((fresh.home.root / "replaced").glob("*"))
    assert fresh.said() == {"hello"}


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [("nosuch", None, "no backup 'nosuch'"), ("2", None, "several backups"), (None, 1, "old enough")],
)
def test_what_is_not_there_is_named(world: World, text: str | None, at: int | None, says: str) -> None:
    world.create()
    world.create()
    with pytest.raises(NoSuchBackupError, match=says):
        restore(world.way(), Choice(snapshot=text, at=Milliseconds(at) if at else None))

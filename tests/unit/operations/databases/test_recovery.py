"""A damaged database is saved as far as it can be read, and replaced in a way that a kill cannot leave half done."""

import os
from pathlib import Path

import apsw
import pytest

from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.databases.names import NAMES, database, databases
from nanoclaw.operations.databases.replacing import (
    UnfitDatabaseError,
    load_dump,
    recover,
    recover_in_place,
)
from nanoclaw.settings.home import Home
from nanoclaw.store.errors import DatabaseCorruptError, StoreError
from nanoclaw.store.survey import find_damage
from nanoclaw.store.upkeep import ask, dump, list_tables
from tests.unit.operations.databases.conftest import MESSAGES, destroy, pages_of


def count(path: Path, table: str) -> int:
    return next(one.rows for one in list_tables(path) if one.name == table)


def test_there_are_two_databases(home: Home) -> None:
    assert tuple(one.name for one in databases(home)) == NAMES
    assert all(find_damage(one.path, 60, thorough=True) == () for one in databases(home))


def test_all_of_a_sound_database_is_saved_and_can_be_searched(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "new.db"
    found = {one.table: one for one in recover(database(home, "messages"), target)}
    assert found["messages"].kept == MESSAGES
    assert all((one.lost, one.refused, one.ranges) == (0, 0, ()) for one in found.values())
    assert find_damage(target, 60, thorough=True) == ()
    hits = ask(target, "SELECT rowid FROM messages_text('4711')", limit=10, seconds=10)
    assert hits.rows == ((4711,),)


def test_only_what_lies_on_destroyed_pages_is_lost(home: Home, tmp_path: Path) -> None:
    which = database(home, "messages")
    leaves = pages_of(which.path, "messages")
    destroy(which.path, leaves[3:40:9])
    with pytest.raises(StoreError):
        ask(which.path, "SELECT sum(length(text)) FROM messages", limit=1, seconds=10)
    target = tmp_path / "new.db"
    found = {one.table: one for one in recover(which, target)}
    messages = found["messages"]
    assert messages.lost == MESSAGES - messages.kept
    assert 0 < (messages.lost or 0) < 5 * 20
    assert len(messages.ranges) == 5
    assert sum(last - first + 1 for first, last in messages.ranges) == messages.lost
    assert find_damage(target, 60, thorough=True) == ()
    assert found["groups"].kept == 1


def test_a_file_whose_first_page_is_gone_says_that_only_a_backup_helps(home: Home, tmp_path: Path) -> None:
    which = database(home, "messages")
    destroy(which.path, [1])
    with pytest.raises(DatabaseCorruptError) as caught:
        recover(which, tmp_path / "new.db")
    assert "backup restore" in caught.value.hint


def test_a_saved_file_is_never_written_over_another(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "new.db"
    target.write_text("mine")
    with pytest.raises(UnfitDatabaseError):
        recover(database(home, "messages"), target)
    assert target.read_text() == "mine"


def test_a_dump_loaded_again_is_the_same_database(home: Home, tmp_path: Path) -> None:
    which = database(home, "messages")
    script = tmp_path / "dump.sql"
    with script.open("w") as out:
        dump(which.path, out)
    before = which.path.read_bytes()
    kept = load_dump(home, which, script, SystemClock())
    assert kept is not None
    assert (kept / "messages.db").read_bytes() == before
    assert count(which.path, "messages") == MESSAGES
    assert ask(which.path, "PRAGMA user_version", limit=1, seconds=5).rows != ((0,),)
    assert ask(which.path, "SELECT rowid FROM messages_text('4711')", limit=10, seconds=10).rows == ((4711,),)
    assert find_damage(which.path, 60, thorough=True) == ()


@pytest.mark.parametrize(
    "script", ["", "hello", "CREATE TABLE t (x);", "PRAGMA user_version = 999; CREATE TABLE t (x);", "\x00"]
)
def test_what_is_no_dump_of_ours_replaces_nothing(home: Home, tmp_path: Path, script: str) -> None:
    which = database(home, "messages")
    path = tmp_path / "dump.sql"
    path.write_text(script)
    before = which.path.read_bytes()
    with pytest.raises((UnfitDatabaseError, StoreError)):
        load_dump(home, which, path, SystemClock())
    assert which.path.read_bytes() == before


def test_a_dump_of_the_one_database_does_not_become_the_other(home: Home, tmp_path: Path) -> None:
    script = tmp_path / "tasks.sql"
    with script.open("w") as out:
        dump(home.task_database, out)
    before = home.database.read_bytes()
    with pytest.raises(UnfitDatabaseError, match="no database of messages"):
        load_dump(home, database(home, "messages"), script, SystemClock())
    assert home.database.read_bytes() == before
    assert load_dump(home, database(home, "tasks"), script, SystemClock()) is not None


def test_a_dump_makes_no_other_file(home: Home, tmp_path: Path) -> None:
    script, other = tmp_path / "dump.sql", tmp_path / "other.db"
    script.write_text(f"ATTACH '{other}' AS other; CREATE TABLE other.t (x);")
    with pytest.raises(StoreError, match="not a dump"):
        load_dump(home, database(home, "messages"), script, SystemClock())
    assert not other.exists()


def test_the_log_of_what_was_there_does_not_stay_beside_the_new_file(home: Home) -> None:
    which = database(home, "messages")
    writer = apsw.Connection(str(which.path))
    writer.execute("PRAGMA wal_autocheckpoint = 0; UPDATE groups SET name = 'Newer'").fetchall()
    log = which.path.with_name("messages.db-wal")
    held = os.fspath(log)
    assert log.stat().st_size > 0
    _, kept = recover_in_place(home, which, SystemClock())
    assert kept is not None
    assert (kept / "messages.db-wal").stat().st_size > 0
    assert not Path(held).exists()
    assert ask(which.path, "SELECT name FROM groups", limit=1, seconds=5).rows == (("Newer",),)
    writer.close()

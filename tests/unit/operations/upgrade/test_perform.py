"""Databases are brought up as copies, and come back whole."""

import shutil
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from nanoclaw import __version__
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.upgrade.errors import NoRollbackError, UpgradeError
from nanoclaw.operations.upgrade.outlook import look_ahead
from nanoclaw.operations.upgrade.perform import KEEP, rollback, snapshots, upgrade
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database
from nanoclaw.store.errors import DatabaseCorruptError, DatabaseLockedError, NewerSchemaError, OlderSchemaError
from tests.fakes.clocks import HeldClock
from tests.unit.operations.upgrade.conftest import NEWEST, ask, make_old_home, schemas


def test_old_databases_are_upgraded_and_the_old_files_are_kept(old: Home, clock: HeldClock) -> None:
    before = old.database.read_bytes(), old.task_database.read_bytes()
    done = upgrade(old, clock)
    assert done is not None
    assert schemas(old) == NEWEST
    assert ask(old.database, "SELECT count(*) FROM messages_text('cake')") == 500
    assert ((done.kept / "messages.db").read_bytes(), (done.kept / "tasks.db").read_bytes()) == before
    assert old.program_version.read_text() == f"{__version__}\n"
    assert not (old.root / "data" / "restoring").exists()
    assert done.kept.stat().st_mode & 0o077 == 0


async def test_an_old_database_is_never_opened_or_changed_in_place(old: Home) -> None:
    before = old.database.read_bytes()
    with pytest.raises(OlderSchemaError, match="schema 1") as caught:
        await Database.open(old.database)
    assert "nanoclaw upgrade" in caught.value.hint
    assert old.database.read_bytes() == before


async def test_after_an_upgrade_it_opens(old: Home, clock: HeldClock) -> None:
    upgrade(old, clock)
    opened = await Database.open(old.database)
    await opened.close()


def test_what_is_current_is_left_alone(old: Home, clock: HeldClock) -> None:
    upgrade(old, clock)
    before = old.database.stat().st_ino
    assert upgrade(old, clock) is None
    assert old.database.stat().st_ino == before
    assert len(snapshots(old)) == 1


def test_a_home_without_databases_needs_nothing(tmp_path: Path, clock: HeldClock) -> None:
    home = Home(tmp_path / "home")
    home.create()
    assert upgrade(home, clock) is None
    assert not home.database.exists()
    assert not look_ahead(home).due


def test_changes_that_are_still_in_the_log_are_taken_along(old: Home, clock: HeldClock) -> None:
    # A daemon that was killed leaves its last changes in the log.
    writer = apsw.Connection(str(old.database))
    writer.execute("PRAGMA wal_autocheckpoint = 0; UPDATE groups SET name = 'From the log'").fetchall()
    aside = old.root / "aside"
    aside.mkdir()
    for side in ("", "-wal", "-shm"):
        shutil.copy(f"{old.database}{side}", aside / f"messages.db{side}")
    writer.close()
    for path in aside.iterdir():
        path.replace(old.database.parent / path.name)
    done = upgrade(old, clock)
    assert done is not None
    assert ask(old.database, "SELECT name FROM groups") == "From the log"
    assert ask(done.kept / "messages.db", "SELECT name FROM groups") == "From the log"


def test_the_way_back_brings_both_databases_back_and_keeps_what_it_replaces(old: Home, clock: HeldClock) -> None:
    before = old.database.read_bytes(), old.task_database.read_bytes()
    upgrade(old, clock)
    connection = apsw.Connection(str(old.database))
    connection.execute("UPDATE groups SET name = 'Since'")
    connection.close()
    done = rollback(old, clock)
    assert (old.database.read_bytes(), old.task_database.read_bytes()) == before
    assert done.schemas == {"messages": 1, "tasks": 1}
    assert ask(done.kept / "store" / "messages.db", "SELECT name FROM groups") == "Since"
    assert schemas(Home(done.kept)) == NEWEST
    with pytest.raises(NoRollbackError):
        rollback(old, clock)
    assert upgrade(old, clock) is not None
    assert schemas(old) == NEWEST


def test_a_database_that_the_old_version_did_not_have_is_taken_away_on_the_way_back(
    old: Home, clock: HeldClock
) -> None:
    tasks = old.task_database.rename(old.root / "tasks.db")
    upgrade(old, clock)
    assert not old.task_database.exists()
    tasks.rename(old.task_database)
    done = rollback(old, clock)
    assert not old.task_database.exists()
    assert (done.kept / "store" / "tasks.db").exists()


def test_the_last_two_snapshots_are_kept_also_when_the_clock_goes_backwards(old: Home, clock: HeldClock) -> None:
    clock.step = -3_600_000
    for name in ("first", "second", "third", "fourth"):
        fresh = make_old_home(old.root.with_name(name), messages=1)
        for path in (old.database, old.task_database):
            shutil.copy(fresh.database.parent / path.name, path)
        connection = apsw.Connection(str(old.database))
        connection.execute("UPDATE groups SET name = ?", (name,))
        connection.close()
        upgrade(old, clock)
    assert len(snapshots(old)) == KEEP
    rollback(old, clock)
    assert ask(old.database, "SELECT name FROM groups") == "fourth"
    rollback(old, clock)
    assert ask(old.database, "SELECT name FROM groups") == "third"


def test_a_newer_database_is_refused_and_the_way_back_named(old: Home, clock: HeldClock) -> None:
    upgrade(old, clock)
    connection = apsw.Connection(str(old.task_database))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = old.database.read_bytes(), old.task_database.read_bytes()
    with pytest.raises(NewerSchemaError, match="schema 999") as caught:
        upgrade(old, clock)
    assert "upgrade --rollback" in caught.value.hint
    assert (old.database.read_bytes(), old.task_database.read_bytes()) == before
    assert look_ahead(old).newer
    rollback(old, clock)
    assert schemas(old) == (1, 1)


def test_the_way_back_does_not_lead_to_a_newer_database(old: Home, clock: HeldClock) -> None:
    done = upgrade(old, clock)
    assert done is not None
    connection = apsw.Connection(str(done.kept / "messages.db"))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(NewerSchemaError):
        rollback(old, clock)
    assert schemas(old) == NEWEST


def test_a_damaged_database_is_not_upgraded(old: Home, clock: HeldClock) -> None:
    content = bytearray(old.database.read_bytes())
    content[20_480:28_672] = b"\xa5" * 8_192
    old.database.write_bytes(content)
    with pytest.raises(DatabaseCorruptError, match=r"messages\.db is damaged"):
        upgrade(old, clock)
    assert old.database.read_bytes() == content
    assert not (old.root / "data" / "restoring").exists()
    assert snapshots(old) == ()


def test_rows_that_name_missing_rows_are_found(old: Home, clock: HeldClock) -> None:
    connection = apsw.Connection(str(old.database))
    connection.execute("PRAGMA foreign_keys = OFF; UPDATE messages SET chat_id = 77 WHERE id = 5")
    connection.close()
    with pytest.raises(DatabaseCorruptError, match="row 5 of messages names a row of chats"):
        upgrade(old, clock)
    assert schemas(old) == (1, 1)


def test_a_database_that_someone_has_open_is_not_upgraded(old: Home, clock: HeldClock) -> None:
    reader = apsw.Connection(str(old.database))
    writer = apsw.Connection(str(old.database))
    reader.execute("BEGIN; SELECT * FROM groups")
    writer.execute("UPDATE groups SET name = 'Busy'")
    with pytest.raises(DatabaseLockedError):
        upgrade(old, clock)
    reader.execute("ROLLBACK")
    reader.close()
    writer.close()
    assert upgrade(old, clock) is not None
    assert ask(old.database, "SELECT name FROM groups") == "Busy"


def test_a_store_folder_that_is_a_link_is_refused_and_nothing_changes(old: Home, clock: HeldClock) -> None:
    real = old.database.parent.rename(old.root / "elsewhere")
    old.database.parent.symlink_to(real)
    with pytest.raises(UpgradeError, match="is a link"):
        upgrade(old, clock)
    assert schemas(old) == (1, 1)


def test_too_little_room_is_said_before_anything_is_begun(old: Home) -> None:
    outlook = look_ahead(old)
    sizes = old.database.stat().st_size + old.task_database.stat().st_size
    assert sizes < outlook.least < outlook.needs
    assert outlook.due
    assert not replace(outlook, steps=()).due


def test_whoever_waits_hears_that_it_goes_on(tmp_path: Path, clock: HeldClock) -> None:
    home, heard = make_old_home(tmp_path / "big", messages=20_000), []
    upgrade(home, clock, lambda: heard.append(1))
    assert len(heard) > 10


def test_errors_are_ours(old: Home, clock: HeldClock) -> None:
    old.database.write_bytes(b"no database" * 1000)
    with pytest.raises(NanoclawError, match=r"messages\.db"):
        upgrade(old, clock)

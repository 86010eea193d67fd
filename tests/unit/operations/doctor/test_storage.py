import os
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from nanoclaw.operations.doctor.checks import database_integrity, disk_space
from nanoclaw.operations.doctor.checks import log_size as log_sizes
from nanoclaw.operations.doctor.checks.database_integrity import DATABASE_INTEGRITY
from nanoclaw.operations.doctor.checks.database_lock import DATABASE_LOCK
from nanoclaw.operations.doctor.checks.database_log import DATABASE_LOG, MOST
from nanoclaw.operations.doctor.checks.database_schema import DATABASE_SCHEMA
from nanoclaw.operations.doctor.checks.disk_space import DISK_SPACE, Room
from nanoclaw.operations.doctor.checks.groups import GROUPS
from nanoclaw.operations.doctor.checks.log_size import LOG_SIZE
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.operations.doctor.locks import find_writers
from nanoclaw.settings.home import Home
from nanoclaw.store.survey import find_damage, log_size
from tests.unit.operations.doctor.conftest import Make, group, is_ok, known, look, mend, only, task

OK, WARNING, ERROR, SKIPPED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.SKIPPED
GIB, MIB = 1024**3, 1024**2

HOLD = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute(sys.argv[2]).fetchall()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def stored(home: Home) -> Home:
    """A home with both databases, as the program makes them."""
    previous = os.umask(0o077)
    group(home, "family")
    task(home, "family", "0 8 * * *")
    os.umask(previous)
    return home


@pytest.mark.parametrize(
    ("room", "severity"),
    [
        (Room(free=50 * GIB, total=100 * GIB, free_files=None), OK),
        (Room(free=GIB - 1, total=100 * GIB, free_files=None), ERROR),
        (Room(free=5 * GIB, total=100 * GIB, free_files=1_000_000), WARNING),
        (Room(free=50 * GIB, total=100 * GIB, free_files=12), ERROR),
    ],
)
def test_room_on_the_disk(room: Room, severity: Severity) -> None:
    assert disk_space.judge(room).severity is severity


def test_the_disk_of_a_home_that_is_not_there_is_that_of_the_folder_above(ground: Make, tmp_path: Path) -> None:
    made = ground(home=Home(tmp_path / "no" / "such" / "home"))
    assert "GiB free" in only(DISK_SPACE, made).what.en or only(DISK_SPACE, made).severity is ERROR


def test_databases_as_the_program_makes_them_are_in_order(ground: Make, stored: Home) -> None:
    for check in (DATABASE_INTEGRITY, DATABASE_LOG, DATABASE_SCHEMA, DATABASE_LOCK):
        assert is_ok(check, ground()), check.id


def test_looking_leaves_the_database_as_it_is(ground: Make, stored: Home) -> None:
    before = stored.database.read_bytes()
    for check in (DATABASE_INTEGRITY, DATABASE_LOG, DATABASE_SCHEMA, DATABASE_LOCK):
        look(check, ground())
    assert stored.database.read_bytes() == before
    assert log_size(stored.database) == 0
    assert {path.stat().st_mode & 0o077 for path in stored.database.parent.iterdir()} == {0}


def test_before_the_first_start_there_is_no_database_to_judge(ground: Make) -> None:
    assert only(DATABASE_INTEGRITY, ground()).severity is SKIPPED


def test_a_damaged_database_is_an_error_and_never_an_empty_one(ground: Make, stored: Home) -> None:
    content = bytearray(stored.database.read_bytes())
    content[4096 : 4096 * 3] = b"\xff" * 8192
    stored.database.write_bytes(bytes(content))
    worst = look(DATABASE_INTEGRITY, ground())[0]
    assert (worst.severity, "damaged" in worst.what.en) == (ERROR, True)


def test_much_damage_is_told_in_few_words() -> None:
    finding = database_integrity.judge("messages.db", ("*** in database main ***\n" + "Tree 8 page 8: broken\n" * 90,))
    assert (finding.severity, len(finding.what.en) < 220, finding.what.en.endswith(" …")) == (ERROR, True, True)
    assert finding.todo is not None
    assert "nanoclaw backup restore" in finding.todo.en


def test_a_file_that_is_no_database_is_an_error(ground: Make, home: Home) -> None:
    home.database.write_text("This was a database once. " * 400)
    assert only(DATABASE_INTEGRITY, ground()).severity is ERROR


def test_a_check_that_does_not_finish_says_so(tmp_path: Path) -> None:
    path = tmp_path / "large.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t (a, b); CREATE INDEX i ON t (b)")
    connection.execute(
        "INSERT INTO t WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)"
        " SELECT x, hex(x) FROM n"
    )
    connection.close()
    assert find_damage(path, 0) is None
    assert find_damage(path, 30) == ()


def test_a_grown_log_is_a_warning_that_a_checkpoint_mends_once(ground: Make, stored: Home) -> None:
    connection = apsw.Connection(str(stored.database))
    connection.pragma("wal_autocheckpoint", 0)
    # The same pages over and over: the log grows, the database does not.
    while log_size(stored.database) <= MOST:
        connection.execute("INSERT INTO troubles (at, what, hint) VALUES (1, hex(zeroblob(4000000)), '')")
        connection.execute("DELETE FROM troubles")
    try:
        assert look(DATABASE_LOG, ground())[0].severity is WARNING
        (done,) = mend(DATABASE_LOG, ground())
        assert done.startswith("messages.db-wal: 6")
        assert is_ok(DATABASE_LOG, ground())
        assert mend(DATABASE_LOG, ground()) == []
    finally:
        connection.close()


def test_a_database_without_a_write_ahead_log_is_an_error(ground: Make, stored: Home) -> None:
    connection = apsw.Connection(str(stored.database))
    connection.pragma("journal_mode", "delete")
    connection.close()
    assert look(DATABASE_LOG, ground())[0].severity is ERROR


def test_a_newer_schema_is_an_error_and_an_older_one_is_brought_up(ground: Make, stored: Home) -> None:
    connection = apsw.Connection(str(stored.database))
    version = connection.pragma("user_version")
    connection.pragma("user_version", version + 1)
    assert look(DATABASE_SCHEMA, ground())[0].severity is ERROR
    connection.pragma("user_version", version - 1)
    assert is_ok(DATABASE_SCHEMA, ground())
    connection.close()


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"])
def test_another_process_that_keeps_a_database_locked_is_named(ground: Make, stored: Home, lock: str) -> None:
    assert find_writers(stored.database, Path("/proc")) == ()
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(stored.database), lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == b"held\n"
        finding = only(DATABASE_LOCK, ground())
        assert finding.severity is ERROR
        assert str(child.pid) in finding.what.en or "locked by another process" in finding.what.en
        assert is_ok(DATABASE_LOCK, ground(status=known({"pid": child.pid}))) or "EXCLUSIVE" in lock
    finally:
        child.communicate()


def test_a_lock_is_told_once_whatever_cannot_be_looked_at_for_it(ground: Make, stored: Home) -> None:
    connection = apsw.Connection(str(stored.database))
    connection.pragma("locking_mode", "exclusive")
    connection.execute("BEGIN EXCLUSIVE")
    try:
        found = {check.id: look(check, ground())[0].severity for check in (DATABASE_SCHEMA, DATABASE_LOG, GROUPS)}
        assert set(found.values()) == {SKIPPED}
        assert only(DATABASE_LOCK, ground()).severity is ERROR
    finally:
        connection.close()


def test_where_the_kernel_lists_no_locks_only_a_real_lock_is_found(ground: Make, stored: Home, tmp_path: Path) -> None:
    assert find_writers(stored.database, tmp_path) is None
    assert is_ok(DATABASE_LOCK, ground(processes=tmp_path))


def test_logs_beyond_what_the_settings_allow_are_a_warning(ground: Make, home: Home) -> None:
    small = "[log]\nfile_mib = 1\nfiles = 2\n"
    (home.log.parent / "nanoclaw.log").write_bytes(b"x" * MIB)
    (home.log.parent / "nanoclaw.log.1").write_bytes(b"x" * MIB)
    assert is_ok(LOG_SIZE, ground(config=small))
    (home.log.parent / "nanoclaw.log.2").write_bytes(b"x" * (2 * MIB))
    finding = only(LOG_SIZE, ground(config=small))
    assert (finding.severity, "nanoclaw takes 4 MiB" in finding.what.en) == (WARNING, True)
    assert log_sizes.judge({"gateway": 59 * MIB}, MIB) == []

"""The writer, the reader, and the file."""
# ruff: noqa: ASYNC240 - small local files

import asyncio
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import apsw
import pytest

from nanoclaw.store.database import Database
from nanoclaw.store.errors import (
    DatabaseCorruptError,
    DatabaseLockedError,
    DiskFullError,
    NewerSchemaError,
    StoreError,
)

ADD = "INSERT INTO troubles (at, what, hint) VALUES (1, ?, '')"
COUNT = "SELECT count(*) FROM troubles"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(path)
    yield opened
    await opened.close()


def number(connection: apsw.Connection, query: str) -> int:
    found = connection.execute(query).fetchall()[0][0]
    assert isinstance(found, int)
    return found


async def count(database: Database) -> int:
    return await database.read(lambda connection: number(connection, COUNT))


def write_one(connection: apsw.Connection) -> int:
    connection.execute(ADD, ("one",))
    return connection.last_insert_rowid()


async def test_a_write_returns_what_its_work_returns_and_is_seen_by_the_next_read(database: Database) -> None:
    assert await database.write(write_one) == 1
    assert await count(database) == 1


async def test_many_writes_at_once_share_few_commits(database: Database) -> None:
    commits: list[int] = []

    def note() -> bool:
        commits.append(1)
        return False

    await database.write(lambda connection: connection.set_commit_hook(note))
    async with asyncio.TaskGroup() as tasks:
        for number in range(300):
            tasks.create_task(database.write(write_one), name=f"write-{number}")
    assert await count(database) == 300
    assert len(commits) < 30


async def test_a_job_that_fails_undoes_only_itself(database: Database) -> None:
    def breaks(connection: apsw.Connection) -> None:
        connection.execute(ADD, ("half",))
        raise ValueError("changed my mind")

    work = [write_one, breaks, write_one]
    results = await asyncio.gather(*(database.write(one) for one in work), return_exceptions=True)
    assert [type(result) for result in results] == [int, ValueError, int]
    assert await count(database) == 2


async def test_sql_that_fails_is_a_store_error_that_names_the_file(database: Database, path: Path) -> None:
    with pytest.raises(StoreError, match=r"messages\.db"):
        await database.write(lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(StoreError, match=r"messages\.db"):
        await database.read(lambda connection: connection.execute("SELECT * FROM nowhere"))
    assert await database.write(write_one)


async def test_a_disk_without_room_fails_the_whole_batch_and_later_writes_go_on(database: Database) -> None:
    def grow(connection: apsw.Connection) -> None:
        connection.execute(ADD, ("x" * 10_000_000,))

    pages = await database.write(lambda connection: number(connection, "PRAGMA page_count"))
    await database.write(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 4}").fetchall())
    results = await asyncio.gather(database.write(write_one), database.write(grow), return_exceptions=True)
    assert [type(result) for result in results] == [DiskFullError, DiskFullError]
    assert await count(database) == 0
    assert await database.write(write_one)


async def test_a_write_whose_caller_was_cancelled_still_happens(database: Database) -> None:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(database.write(write_one), name="write")
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    await database.write(lambda _: None)
    assert await count(database) == 1


async def test_closing_finishes_the_queued_writes(path: Path) -> None:
    database = await Database.open(path)
    async with asyncio.TaskGroup() as tasks:
        for number in range(50):
            tasks.create_task(database.write(write_one), name=f"write-{number}")
        await asyncio.sleep(0)
        await database.close()
    await database.close()
    again = await Database.open(path)
    assert await count(again) == 50
    await again.close()


async def test_a_closed_database_refuses_reads_and_writes(path: Path) -> None:
    database = await Database.open(path)
    await database.close()
    with pytest.raises(StoreError, match="closed"):
        await database.write(write_one)
    with pytest.raises(StoreError, match="closed"):
        await count(database)


async def test_a_closed_database_leaves_no_side_files(path: Path) -> None:
    database = await Database.open(path)
    await database.write(write_one)
    await database.close()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


async def test_every_commit_of_the_writer_is_synced_to_the_disk(database: Database) -> None:
    def pragmas(connection: apsw.Connection) -> list[object]:
        return [connection.pragma(name) for name in ("synchronous", "journal_mode", "foreign_keys", "trusted_schema")]

    full = 2
    assert await database.write(pragmas) == [full, "wal", 1, 0]


async def test_the_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError):
        await database.read(write_one)


@pytest.fixture
def private_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("private_umask")
async def test_the_file_and_its_side_files_are_private(path: Path) -> None:
    database = await Database.open(path)
    await database.write(write_one)
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    await database.close()
    assert modes == {"messages.db": 0o600, "messages.db-wal": 0o600, "messages.db-shm": 0o600}


@pytest.mark.parametrize("junk", [b"no database" * 500, b"SQLite format 3\0" + b"\xff" * 8000])
async def test_a_damaged_file_is_said_to_be_damaged_and_left_alone(path: Path, junk: bytes) -> None:
    path.write_bytes(junk)
    with pytest.raises(DatabaseCorruptError, match="damaged") as caught:
        await Database.open(path)
    assert "backup" in caught.value.hint
    assert path.read_bytes() == junk


async def test_damage_in_the_middle_is_found_at_the_start(path: Path) -> None:
    database = await Database.open(path)
    for _ in range(20):
        await database.write(lambda connection: connection.execute(ADD, ("x" * 3_000,)).fetchall())
    await database.close()
    content = bytearray(path.read_bytes())
    content[-40_000:-36_000] = os.urandom(4_000)
    path.write_bytes(bytes(content))
    with pytest.raises(DatabaseCorruptError):
        await Database.open(path)


async def test_a_file_that_another_process_locks_is_said_to_be_locked(path: Path) -> None:
    database = await Database.open(path)
    await database.write(lambda connection: connection.set_busy_timeout(50))
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseLockedError, match="another process"):
        await database.write(write_one)
    other.execute("ROLLBACK")
    other.close()
    assert await database.write(write_one)
    await database.close()


async def test_a_place_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=str(tmp_path)) as caught:
        await Database.open(tmp_path)
    assert "mode and owner" in caught.value.hint
    with pytest.raises(StoreError):
        await Database.open(tmp_path / "missing" / "messages.db")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become a user who may not write")
async def test_a_file_that_cannot_be_written_is_said_to_be_so(path: Path) -> None:
    # In rollback mode: a WAL file needs its side files even to be read.
    apsw.Connection(str(path)).execute("PRAGMA journal_mode = DELETE; CREATE TABLE t (x)")
    path.chmod(0o444)
    for folder in path.parents:
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    os.seteuid(65_534)
    try:
        with pytest.raises(StoreError, match="readonly"):
            await Database.open(path)
    finally:
        os.seteuid(0)


async def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    database = await Database.open(path)
    await database.write(lambda connection: connection.execute("PRAGMA user_version = 999"))
    await database.close()
    with pytest.raises(NewerSchemaError, match="schema 999"):
        await Database.open(path)
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == 999
    connection.close()

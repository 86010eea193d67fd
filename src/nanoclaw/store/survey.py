"""Look at the databases of a home from outside, whether a daemon has them open or not. Reads only, except where said.

Blocks; each function opens a connection of its own, waits 0.7 s at most for a lock, and lets go of the file. SQLite
itself leaves an empty log and index beside a database that nobody else has open; the next writer takes them away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.people import Person
from nanoclaw.model.tasks import Schedule, ScheduleKind, TaskId, TaskState
from nanoclaw.store.errors import StoreError, explained
from nanoclaw.store.files import complaints, log_of
from nanoclaw.store.groups import KnownChat, Trouble, known_chat_from
from nanoclaw.store.migrate import migrations
from nanoclaw.store.people import person_from
from nanoclaw.store.rows import group_from
from nanoclaw.store.sql import load_queries, rows

_BUSY_MS = 700
"""The first who opens a database after a crash reads its whole log, and keeps others out until then."""
_STEPS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """A database file. ``log_bytes`` is the size of the write-ahead log beside it, 0 where there is none."""

    journal: str
    """``wal`` is what it should be."""
    schema: int
    newest_schema: int
    bytes: int
    log_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """Who is registered. ``installation`` is empty before a daemon ran here for the first time."""

    installation: str
    groups: tuple[Group, ...]
    chats: tuple[KnownChat, ...]
    owner_chat: ChatAddress | None
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Files that messages and turns still need."""

    sessions: frozenset[str]
    """Conversations that go on, by their ids."""
    to_send: frozenset[str]
    """Absolute paths of files on their way out."""
    to_read: frozenset[tuple[str, str]]
    """Files of messages that no agent has answered yet: the group's folder, and the path below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """A task that is active or paused, as far as looking at it needs."""

    id: TaskId
    name: str
    group: GroupFolder
    address: ChatAddress
    schedule: Schedule
    state: TaskState
    next_at: Milliseconds | None


def read_state(path: Path, of: str = "migrations") -> DatabaseState:
    """How a database is set up. ``of`` names the folder of its migrations.

    Raises:
        StoreError: missing, locked, damaged or unreadable.
    """
    with _opened(path) as connection:
        return DatabaseState(
            journal=str(connection.pragma("journal_mode")),
            schema=int(connection.pragma("user_version")),
            newest_schema=migrations(of)[-1][0],
            bytes=path.stat().st_size,
            log_bytes=log_size(path),
        )


def read_installation(path: Path) -> str:
    """The installation's own id; empty before a daemon ran here for the first time. Raises StoreError."""
    with _opened(path) as connection:
        known = rows(connection, load_queries("groups")["installation"])
        return str(known[0][0]) if known else ""


def read_wanted(path: Path) -> Wanted:
    """What of a home's files messages and turns still need.

    Raises:
        StoreError: as above, or its schema is older than this program's.
    """
    sql = load_queries("wanted")
    with _opened(path) as connection:
        return Wanted(
            sessions=frozenset(str(session) for (session,) in rows(connection, sql["current_sessions"])),
            to_send=frozenset(str(file) for (file,) in rows(connection, sql["files_to_send"])),
            to_read=frozenset((str(folder), str(file)) for folder, file in rows(connection, sql["files_to_read"])),
        )


def read_roll(path: Path) -> Roll:
    """Groups, chats and people, from the message database.

    Raises:
        StoreError: as above, or its schema is older than this program's.
    """
    sql = load_queries("groups")
    with _opened(path) as connection:
        owner = rows(connection, sql["owner_chat"])
        known = rows(connection, sql["installation"])
        return Roll(
            installation=str(known[0][0]) if known else "",
            groups=_groups(path, rows(connection, sql["every"])),
            chats=tuple(map(known_chat_from, rows(connection, sql["chats"]))),
            owner_chat=ChatAddress(channel=ChannelName(owner[0][0]), chat=owner[0][1]) if owner else None,
            people=tuple(map(person_from, rows(connection, load_queries("people")["all"]))),
        )


def _groups(path: Path, found: list[tuple[Any, ...]]) -> tuple[Group, ...]:
    try:
        return tuple(map(group_from, found))
    except (ValueError, AttributeError) as error:
        raise StoreError(
            f"{path}: the options of a group cannot be read",
            hint="Somebody changed them by hand; `UPDATE groups SET options = '{}'` puts them back to their defaults.",
        ) from error


def read_tasks(path: Path) -> tuple[StoredTask, ...]:
    """Tasks that are active or paused, from the task database. Raises StoreError."""
    with _opened(path) as connection:
        return tuple(
            StoredTask(
                id=TaskId(row[0]),
                name=row[1],
                group=GroupFolder(row[2]),
                address=ChatAddress(channel=ChannelName(row[3]), chat=row[4]),
                schedule=Schedule(kind=ScheduleKind(row[5]), value=row[6]),
                state=TaskState(row[7]),
                next_at=None if row[8] is None else Milliseconds(row[8]),
            )
            for row in rows(connection, load_queries("tasks")["looked_at"])
        )


def read_troubles(path: Path, limit: int) -> tuple[Trouble, ...]:
    """Errors that the owner should know of, newest first. Raises StoreError."""
    with _opened(path) as connection:
        found = rows(connection, load_queries("groups")["troubles"], {"limit": limit})
    return tuple(Trouble(at=Milliseconds(at), what=what, hint=hint) for at, what, hint in found)


def find_damage(path: Path, seconds: float, *, thorough: bool = False) -> tuple[str, ...] | None:
    """What a check of the whole file complains of, ten lines at most; None when it could not finish in time.

    ``thorough`` also compares each index with its table.

    Raises:
        StoreError: missing, locked, unreadable, or so damaged that it cannot be checked.
    """
    ends = monotonic() + seconds
    with _opened(path) as connection:
        connection.set_progress_handler(lambda: monotonic() > ends, _STEPS)
        try:
            return complaints(connection, 10, thorough=thorough)
        except apsw.InterruptError:
            return None


def shorten_log(path: Path) -> int:
    """Fold the write-ahead log into the database and cut it to nothing; the bytes that it still has. Writes.

    Readers and writers go on meanwhile; one that holds an old state keeps the log from being cut.

    Raises:
        StoreError: it cannot be opened or written.
    """
    with _opened(path, flags=apsw.SQLITE_OPEN_READWRITE) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return log_size(path)


def log_size(path: Path) -> int:
    """Bytes in the write-ahead log of a database."""
    log = log_of(path)
    return log.stat().st_size if log.exists() else 0


@contextmanager
def _opened(path: Path, flags: int = apsw.SQLITE_OPEN_READONLY) -> Iterator[apsw.Connection]:
    if not path.exists():
        raise StoreError(f"{path} is not there", hint="It is made when the assistant starts for the first time.")
    with explained(path):
        try:
            connection = _connected(path, flags)
        except (apsw.IOError, apsw.CantOpenError, apsw.FullError):
            # Where nobody has the database open, a reader makes an index of its log, for which a full disk has no
            # room. One who keeps everybody else out has it in memory.
            connection = _connected(path, apsw.SQLITE_OPEN_READWRITE, "PRAGMA locking_mode = EXCLUSIVE")
        try:
            yield connection
        finally:
            connection.close()


def _connected(path: Path, flags: int, *first: str) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags)
    try:
        connection.set_busy_timeout(_BUSY_MS)
        for statement in (*first, "SELECT count(*) FROM sqlite_schema"):
            connection.execute(statement).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection

"""A consistent copy of a database that is being written to, and what is in one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import apsw

from nanoclaw.store.errors import explained
from nanoclaw.store.files import require_whole
from nanoclaw.store.upkeep import count_rows

_BUSY_MS = 10_000
_PAGES_A_STEP = 512
_STEPS_A_SYNC = 4
"""Copied pages go to disk in small portions: a writer's own sync would else wait for hundreds of megabytes of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseContents:
    """What a database holds."""

    schema: int
    """``user_version``."""
    rows: dict[str, int]
    """By table; without virtual tables and what they keep."""


def copy_database(source: Path, target: Path, progress: Callable[[int], None] = lambda _bytes: None) -> None:
    """Copy a database as it is at one moment to ``target``, which must not exist, while others write to it.

    The copy is made in steps inside one read transaction: writers go on in the log beside it, and it never begins anew.
    ``progress`` is told of bytes. The copy is not synced as a whole: it is on its way to somewhere else.

    Raises:
        StoreError: the source cannot be read, or there is no room for the copy.
    """
    with explained(source):
        reading = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
        writing = apsw.Connection(str(target))
        try:
            reading.set_busy_timeout(_BUSY_MS)
            writing.execute("PRAGMA synchronous = OFF")
            page = int(reading.pragma("page_size"))
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            with writing.backup("main", reading, "main") as copying:
                for step in count(1):
                    copying.step(_PAGES_A_STEP)
                    progress((copying.page_count - copying.remaining) * page)
                    if copying.done:
                        break
                    if step % _STEPS_A_SYNC == 0:
                        _sync(target)
            reading.execute("COMMIT")
        finally:
            writing.close()
            reading.close()


def read_contents(path: Path, *, of: Path | None = None) -> DatabaseContents:
    """Count a database that nobody writes to. ``of`` is the one that it is a copy of, which errors name.

    Raises:
        StoreError: it is damaged or cannot be read.
    """
    with explained(of or path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            tables = [
                str(row[1])
                for row in connection.execute("PRAGMA table_list")
                if row[0] == "main" and row[2] == "table" and not str(row[1]).startswith("sqlite_")
            ]
            counts = {name: count_rows(connection, name) for name in sorted(tables)}
            return DatabaseContents(schema=int(str(connection.pragma("user_version"))), rows=counts)
        finally:
            connection.close()


def check_integrity(path: Path) -> None:
    """Check every page and index of a database that nobody writes to.

    Raises:
        DatabaseCorruptError: what is wrong.
        StoreError: it cannot be read.
    """
    with explained(path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            require_whole(connection, path, "Use another backup.", thorough=True)
        finally:
            connection.close()


def _sync(path: Path) -> None:
    """What was written of a file so far. Nobody holds a lock on it that closing it could let go of."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)

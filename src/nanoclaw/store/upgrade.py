"""Bring a copy of a database to this version's schema. The database itself is only read. Blocks.

The two are put in each other's place by whoever asked; a copy that was broken off is of no use and harms nobody.
"""

from collections.abc import Callable
from pathlib import Path

import apsw

from nanoclaw.settings.whole_files import sync, sync_folder
from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import WAYS_BACK, DatabaseCorruptError, DatabaseLockedError, explained
from nanoclaw.store.files import require_whole
from nanoclaw.store.migrate import migrate, newest_schema
from nanoclaw.store.snapshot import copy_database
from nanoclaw.store.survey import log_size, read_state, shorten_log

_STEPS = 100_000


def schema_of(path: Path, of: str = "migrations") -> tuple[int, int]:
    """The schema of a database, 0 where there is none yet, and this version's.

    Raises:
        StoreError: locked, damaged or unreadable.
    """
    if not path.exists():
        return 0, newest_schema(of)
    state = read_state(path, of)
    return state.schema, state.newest_schema


def settle(path: Path) -> None:
    """Fold the log into the file, so that the file alone is the whole database. Nobody else may have it open.

    Raises:
        DatabaseLockedError: somebody has.
        StoreError: it cannot be written.
    """
    shorten_log(path)
    if log_size(path):
        raise DatabaseLockedError(
            f"{path} is in use by another process", hint="Close whatever has it open, such as an SQLite shell."
        )


def make_upgraded(source: Path, target: Path, of: str, alive: Callable[[], None]) -> None:
    """Copy a database to ``target``, which must not exist, migrate the copy, check it and put it on disk.

    ``alive`` is called again and again meanwhile.

    Raises:
        DatabaseCorruptError: the source is damaged, or became so.
        StoreError: it cannot be read, there is no room, or a migration failed. A broken copy may be left.
    """

    def go_on() -> bool:
        alive()
        return False

    copy_database(source, target, lambda _bytes: alive())
    with explained(target):
        connection = open_connection(target)
        try:
            # Nobody needs a broken copy: no log that doubles the room, and one sync at the end.
            connection.execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF").fetchall()
            connection.set_progress_handler(go_on, _STEPS)
            migrate(connection, target, of)
            _check(connection, source)
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        finally:
            connection.close()
    sync(target)
    sync_folder(target.parent)


def _check(connection: apsw.Connection, source: Path) -> None:
    require_whole(connection, source, WAYS_BACK, thorough=True)
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        raise DatabaseCorruptError(
            f"{source} is damaged: row {row} of {table} names a row of {parent} that is not there", hint=WAYS_BACK
        )

"""Open the database file, safely: WAL, every commit on disk, private to its owner."""

import sys
from pathlib import Path
from typing import Any

import apsw

from nanoclaw.store.errors import explained
from nanoclaw.store.words import searchable

_BUSY_MS = 5_000


def open_connection(path: Path, *, read_only: bool = False) -> apsw.Connection:
    """Open one connection. The process's umask must be 077: side files inherit the main file's mode.

    Raises:
        StoreError: missing (when read-only), damaged, locked or not to be opened.
    """
    with explained(path):
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = apsw.Connection(str(path), flags=flags)
        connection.set_busy_timeout(_BUSY_MS)
        connection.create_scalar_function("searchable", _searchable, 1, deterministic=True)
        for pragma in ("foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            # Acknowledged means on disk: FULL syncs the log at every commit, NORMAL only at checkpoints.
            connection.execute("PRAGMA synchronous = FULL")
            if sys.platform == "darwin":
                connection.execute("PRAGMA fullfsync = 1")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        return connection


def _searchable(*values: Any) -> str:
    return searchable(values[0])

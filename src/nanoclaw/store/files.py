"""The files of a database, and whether what is in them is whole."""

from pathlib import Path

import apsw

from nanoclaw.store.errors import DatabaseCorruptError

LOG, INDEX, JOURNAL = "-wal", "-shm", "-journal"
"""What SQLite adds to a database's name for the files that it lays beside it."""
SIDES = (LOG, INDEX, JOURNAL)


def log_of(database: Path) -> Path:
    """A database's write-ahead log, whether it is there or not."""
    return database.with_name(f"{database.name}{LOG}")


def complaints(connection: apsw.Connection, most: int, *, thorough: bool = False) -> tuple[str, ...]:
    """What SQLite finds wrong when it checks every page of an open database; none when it is whole.

    ``thorough`` also compares each index with its table.
    """
    verdict = connection.execute(f"PRAGMA {'integrity_check' if thorough else 'quick_check'}({most})").fetchall()
    return tuple(str(line) for (line,) in verdict if line != "ok") if verdict else ("no verdict",)


def require_whole(connection: apsw.Connection, path: Path, hint: str, *, thorough: bool = False) -> None:
    """Check every page of an open database; ``thorough`` also compares each index with its table.

    Raises:
        DatabaseCorruptError: what is wrong.
    """
    if found := complaints(connection, 1, thorough=thorough):
        raise DatabaseCorruptError(f"{path} is damaged: {found[0]}", hint=hint)

"""Look into the databases of other programs, which they have open at other times: never while they run.

Two SQLite libraries in one process must not have the same file open; so it is for the parent of such a program to look,
before it starts it.
"""

from pathlib import Path

import apsw

from nanoclaw.store.errors import StoreError, explained

_COUNT = "SELECT count(*) FROM {}"


def count_rows(path: Path, table: str) -> int:
    """How many rows a table has; 0 when there is no such file or table. Blocks.

    Raises:
        StoreError: the file is damaged; what the check of the whole file complains of first.
    """
    if not path.exists() or not path.stat().st_size:
        return 0
    with explained(path):
        connection = apsw.Connection(str(path))
        try:
            connection.set_busy_timeout(2_000)
            complaints = [str(line) for (line,) in connection.execute("PRAGMA quick_check(1)")]
            if complaints != ["ok"]:
                raise StoreError(f"{path} is damaged: {complaints[0]}", hint="Restore it from a backup.")
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone():
                return 0
            quoted = table.replace('"', '""')
            return int(next(connection.execute(_COUNT.format(f'"{quoted}"')))[0])
        finally:
            connection.close()

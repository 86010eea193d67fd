"""What an owner does to a database by hand: count, ask, shrink, write out and read in. Blocks; opens and closes it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

import apsw

from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import StoreError, explained
from nanoclaw.store.sql import rows

_STEPS = 10_000
_DUMPS = "Use what `nanoclaw db dump` wrote."


class QueryError(StoreError):
    """A statement cannot be run; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """A table: its rows, and what it takes up with its indexes. ``bytes`` is -1 where that was not asked for."""

    name: str
    rows: int
    bytes: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a statement returned. ``cut`` says that there were more rows than were asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool
    changed: int = 0


def list_tables(path: Path, *, sizes: bool = False) -> tuple[TableState, ...]:
    """The tables with their rows, by name; what full-text search keeps for itself stands under its table's name.

    Raises:
        StoreError: missing, locked, damaged.
    """
    with _reading(path) as connection:
        kinds = {str(row[1]): str(row[2]) for row in connection.execute("PRAGMA table_list") if row[0] == "main"}
        weights = _weigh(connection, kinds) if sizes else {}
        return tuple(
            TableState(name=name, rows=count_rows(connection, name), bytes=weights.get(name, 0) if sizes else -1)
            for name, kind in sorted(kinds.items())
            if kind in {"table", "virtual"} and not name.startswith("sqlite_")
        )


def read_schema(path: Path, table: str | None = None) -> str:
    """The statements that make the database, or one of its tables with its indexes; empty when there is no such table.

    Raises:
        StoreError: as above.
    """
    with _reading(path) as connection:
        found = connection.execute(
            "SELECT sql FROM sqlite_schema"
            " WHERE sql IS NOT NULL AND (:table IS NULL OR tbl_name = :table) ORDER BY rowid",
            {"table": table},
        ).fetchall()
    return "\n".join(f"{sql};" for (sql,) in found)


def ask(path: Path, statement: str, *, limit: int, seconds: float, write: bool = False) -> Answer:
    """Run one statement. Without ``write`` nothing can be changed, whatever the statement says.

    Raises:
        QueryError: it is wrong, more than one, not allowed, or takes longer than ``seconds``.
        StoreError: as above.
    """
    if "\0" in statement:
        raise QueryError("The statement cannot be run: it holds a NUL", hint="Leave that character out.")
    ends = monotonic() + seconds
    with _writing(path) if write else _reading(path) as connection:
        connection.set_authorizer(_allowed if write else _allowed_to_read)
        connection.set_progress_handler(lambda: monotonic() > ends, _STEPS)
        try:
            return _run(connection, statement, limit, write=write)
        except apsw.ExecTraceAbort as error:
            raise QueryError("Only one statement can be run at a time", hint="Leave out what follows the ;") from error
        except apsw.InterruptError as error:
            raise QueryError(f"It takes longer than {seconds:.0f} s", hint="Ask for less at a time.") from error
        except (apsw.SQLError, apsw.AuthError, apsw.ReadOnlyError, apsw.ConstraintError, apsw.MismatchError) as error:
            hint = "" if write else "Only reading is allowed; --write changes things, while the assistant is stopped."
            raise QueryError(f"The statement cannot be run: {error}", hint=hint) from error


def vacuum(path: Path) -> None:
    """Write the database anew without gaps; takes its size once more on the disk meanwhile. Nobody else may have it.

    Raises:
        StoreError: as above, or the disk is full; then nothing has changed.
    """
    with _writing(path) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def optimize(path: Path) -> None:
    """Renew what the query planner knows. Others may go on.

    Raises:
        StoreError: as above.
    """
    with _writing(path) as connection:
        connection.execute("PRAGMA analysis_limit = 1000").fetchall()
        connection.execute("PRAGMA optimize = 0x10002").fetchall()


def dump(path: Path, out: TextIO) -> None:
    """Write the database as SQL, as it is at one moment. Others may go on.

    Raises:
        StoreError: as above.
    """
    # The library's own shell, which reads in one transaction and knows how virtual tables are written down.
    from apsw.shell import Shell  # noqa: PLC0415

    with _reading(path) as connection:
        shell: Any = Shell(stdout=out, stderr=io.StringIO(), db=connection)
        shell.process_command(".dump")


def load(path: Path, script: str) -> None:
    """Make a new database at ``path``, which must not exist, of what :func:`dump` wrote.

    Raises:
        StoreError: the script is no such SQL, or its outcome is damaged. A broken file may be left.
    """
    if "\0" in script:
        raise QueryError("The file is not a dump of a database: it holds a NUL", hint=_DUMPS)
    with explained(path):
        connection = apsw.Connection(str(path))
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            # Whoever wrote the script: it makes this one file, and touches no other.
            connection.set_authorizer(_allowed)
            connection.execute(script).fetchall()
            connection.set_authorizer(None)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except (apsw.SQLError, apsw.AuthError) as error:
            raise QueryError(f"The file is not a dump of a database: {error}", hint=_DUMPS) from error
        finally:
            connection.close()


def _run(connection: apsw.Connection, statement: str, limit: int, *, write: bool) -> Answer:
    cursor = connection.cursor()
    statements = 0

    def one_only(_cursor: apsw.Cursor, _statement: str, _bindings: object) -> bool:
        nonlocal statements
        statements += 1
        return statements == 1

    cursor.exec_trace = one_only
    before = connection.total_changes()
    try:
        cursor.execute(statement)
        columns = tuple(str(name) for name, _ in cursor.get_description())
    except apsw.ExecutionCompleteError:
        columns = ()
    found = _fetch(cursor, limit) if columns else ()
    return Answer(
        columns=columns,
        rows=found[:limit],
        cut=len(found) > limit,
        changed=connection.total_changes() - before if write else 0,
    )


def _fetch(cursor: apsw.Cursor, limit: int) -> tuple[tuple[Any, ...], ...]:
    found = []
    for row in cursor:
        found.append(tuple(row))
        if len(found) > limit:
            break
    return tuple(found)


def _weigh(connection: apsw.Connection, kinds: dict[str, str]) -> dict[str, int]:
    """Bytes by table. Indexes count for their table, and the parts of a virtual table for it."""
    owners = {str(name): str(table) for name, table in rows(connection, "SELECT name, tbl_name FROM sqlite_schema")}
    virtual = [name for name, kind in kinds.items() if kind == "virtual"]
    weights: dict[str, int] = {}
    for name, size in rows(connection, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
        table = owners.get(name, name)
        table = next((one for one in virtual if str(table).startswith(f"{one}_")), table)
        weights[str(table)] = weights.get(str(table), 0) + int(size)
    return weights


def count_rows(connection: apsw.Connection, table: str) -> int:
    """The rows of a table."""
    quoted = table.replace('"', '""')
    return int(rows(connection, f'SELECT count(*) FROM "{quoted}"')[0][0])  # noqa: S608 - a name of its own schema


def _allowed_to_read(action: int, first: str | None, *rest: str | None) -> int:
    if action == apsw.SQLITE_PRAGMA:
        return apsw.SQLITE_OK if not rest[0] or first in _PRAGMAS else apsw.SQLITE_DENY
    return apsw.SQLITE_OK if action in _READS else apsw.SQLITE_DENY


def _allowed(action: int, *_names: str | None) -> int:
    # Another file has its own command, and its own checks.
    return apsw.SQLITE_DENY if action in {apsw.SQLITE_ATTACH, apsw.SQLITE_DETACH} else apsw.SQLITE_OK


_READS = {apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_FUNCTION, apsw.SQLITE_RECURSIVE}
_PRAGMAS = ("table_info", "table_xinfo", "index_list", "index_info", "foreign_key_list", "table_list")


@contextmanager
def _reading(path: Path) -> Iterator[apsw.Connection]:
    with explained(path):
        connection = _open(path, read_only=True)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def _writing(path: Path) -> Iterator[apsw.Connection]:
    with explained(path):
        connection = _open(path, read_only=False)
        try:
            yield connection
        finally:
            connection.close()


def _open(path: Path, *, read_only: bool) -> apsw.Connection:
    if not path.exists():
        raise StoreError(f"{path} is not there", hint="It is made when the assistant starts for the first time.")
    return open_connection(path, read_only=read_only)

"""Save what can be read of a damaged database into a new one.

The new database gets this version's schema; rows are read from the old one by their row ids. Where a page is destroyed
the range of ids is halved until only what lies on that page is left out. The old file is only read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import DatabaseCorruptError, explained
from nanoclaw.store.migrate import migrate

_CHUNK = 4_096
_BEYOND = 1_000_000
"""How far beyond the last row that can be read one looks where nothing says how many rows there were."""
_DAMAGE = (apsw.CorruptError, apsw.IOError, apsw.NotADBError, apsw.SQLError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """What became of one table. ``ranges`` are row ids that nobody can read; not each need have been in use."""

    table: str
    kept: int
    lost: int | None
    """Rows that are missing, by an index that still counts them; None where none tells."""
    refused: int = 0
    """Rows that were read, and hold what the schema does not allow."""
    ranges: tuple[tuple[int, int], ...] = ()


def salvage(source: Path, target: Path, of: str = "migrations") -> tuple[Salvaged, ...]:
    """Copy every row that can be read from ``source`` into a new database ``target``. Blocks.

    Args:
        source: the damaged file; with its ``-wal`` beside it, what is in there counts.
        target: must not exist.
        of: which migrations make the schema.

    Raises:
        DatabaseCorruptError: not even its list of tables can be read.
        StoreError: the new one cannot be written.
    """
    into = open_connection(target)
    try:
        migrate(into, target, of)
        out = _open_damaged(source)
        try:
            into.execute("PRAGMA foreign_keys = OFF")
            found = tuple(_copy(out, into, target, table) for table in _tables(into))
            for table in _searched(into):
                _index_again(into, target, table)
            return found
        finally:
            out.close()
    finally:
        into.close()


def _open_damaged(source: Path) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
        for pragma in ("cell_size_check = ON", "trusted_schema = OFF", "query_only = ON", "writable_schema = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except apsw.Error as error:
        raise DatabaseCorruptError(
            f"Nothing of {source} can be read: {error}", hint="Restore a backup: `nanoclaw backup restore`."
        ) from error
    return connection


def _tables(connection: apsw.Connection) -> list[str]:
    """Ordinary tables, those first that others refer to."""
    return [
        str(name)
        for (name,) in connection.execute(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
            " ORDER BY (SELECT rootpage FROM sqlite_schema s WHERE s.name = pragma_table_list.name)"
        ).fetchall()
    ]


def _copy(out: apsw.Connection, into: apsw.Connection, target: Path, table: str) -> Salvaged:
    columns = _shared_columns(out, into, table)
    if not columns:
        return Salvaged(table=table, kept=0, lost=None)
    names = ", ".join(f'"{column}"' for column in columns)
    tally = _Tally()
    put = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'  # noqa: S608 - of our own schema
    with explained(target):
        into.execute("BEGIN IMMEDIATE")
        into.execute(f'DELETE FROM "{table}"')  # noqa: S608 - what a migration put in
        for row in _rows(out, table, names, tally):
            try:
                into.execute(put, row)
            except (apsw.ConstraintError, apsw.MismatchError):
                tally.refused += 1
            else:
                tally.kept += into.changes()
                tally.refused += 1 - into.changes()
        into.execute("COMMIT")
    counted = _count_by_index(out, table)
    lost = max(0, counted - tally.read) if counted is not None else None if tally.ranges else 0
    return Salvaged(table=table, kept=tally.kept, lost=lost, refused=tally.refused, ranges=tuple(tally.ranges))


@dataclass(slots=True)
class _Tally:
    read: int = 0
    kept: int = 0
    refused: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)


def _rows(out: apsw.Connection, table: str, names: str, tally: _Tally) -> Iterator[tuple[Any, ...]]:
    """Every row that can be read, by halving the ranges that cannot."""
    last = _last_row(out, table)
    sql = f'SELECT {names} FROM "{table}" WHERE rowid BETWEEN ? AND ? ORDER BY rowid'  # noqa: S608 - of our own schema
    waiting = [(first, min(first + _CHUNK - 1, last)) for first in range(1, last + 1, _CHUNK)]
    waiting.reverse()
    while waiting:
        first, final = waiting.pop()
        try:
            found = out.execute(sql, (first, final)).fetchall()
        except _DAMAGE:
            if first == final:
                _note(tally.ranges, first)
                continue
            middle = (first + final) // 2
            waiting += [(middle + 1, final), (first, middle)]
            continue
        tally.read += len(found)
        yield from found


def _note(ranges: list[tuple[int, int]], row: int) -> None:
    if ranges and ranges[-1][1] == row - 1:
        ranges[-1] = (ranges[-1][0], row)
    else:
        ranges.append((row, row))


def _last_row(out: apsw.Connection, table: str) -> int:
    """The highest row id there may have been."""
    asked: tuple[Callable[[], Any], ...] = (
        lambda: out.execute(f'SELECT max(rowid) FROM "{table}"').fetchall()[0][0],  # noqa: S608 - of our own schema
        lambda: out.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchall()[0][0],
        lambda: max(_by_indexes(out, table, "max(rowid)")),
    )
    answers = []
    for ask in asked:
        try:
            answers.append(int(ask() or 0))
        except (*_DAMAGE, ValueError, LookupError):
            continue
    return max(answers) if answers else _BEYOND


def _count_by_index(out: apsw.Connection, table: str) -> int | None:
    counts = _by_indexes(out, table, "count(*)")
    return max(counts) if counts else None


def _by_indexes(out: apsw.Connection, table: str, what: str) -> list[int]:
    """What each whole index that covers all rows says."""
    found = []
    try:
        listed = out.execute("SELECT name FROM pragma_index_list(?) WHERE partial = 0", (table,)).fetchall()
    except _DAMAGE:
        return []
    for (name,) in listed:
        try:
            sql = f'SELECT {what} FROM "{table}" INDEXED BY "{name}"'  # noqa: S608 - of its own schema
            found.append(int(out.execute(sql).fetchall()[0][0] or 0))
        except _DAMAGE:
            continue
    return found


def _shared_columns(out: apsw.Connection, into: apsw.Connection, table: str) -> list[str]:
    """Columns that both have: the damaged file may be of an older schema."""
    ours = [str(row[0]) for row in into.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()]
    try:
        theirs = {str(row[0]) for row in out.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()}
    except _DAMAGE:
        return []
    return [column for column in ours if column in theirs]


def _searched(connection: apsw.Connection) -> list[str]:
    """Tables whose texts can be searched."""
    found = connection.execute("SELECT name FROM pragma_table_list WHERE type = 'virtual' AND name LIKE '%_text'")
    return [str(name).removesuffix("_text") for (name,) in found.fetchall()]


def _index_again(into: apsw.Connection, target: Path, table: str) -> None:
    with explained(target):
        into.execute("BEGIN IMMEDIATE")
        into.execute(f"DELETE FROM {table}_text")  # noqa: S608 - of our own schema
        into.execute(
            f"INSERT INTO {table}_text (rowid, text, scope, group_id)"  # noqa: S608 - as above
            f" SELECT t.id, searchable(t.text), 'g' || c.group_id, c.group_id FROM {table} t"
            " JOIN chats c ON c.id = t.chat_id WHERE c.group_id IS NOT NULL"
        )
        into.execute("COMMIT")

"""Asking a database, and not being able to change it by accident."""

import io
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from nanoclaw.store.errors import StoreError
from nanoclaw.store.upkeep import QueryError, ask, dump, list_tables, optimize, read_schema, vacuum


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A small database that someone else has open and writes to."""
    found = tmp_path / "x.db"
    connection = apsw.Connection(str(found))
    connection.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)").fetchall()
    connection.execute("CREATE INDEX t_x ON t (x); CREATE VIRTUAL TABLE t_text USING fts5 (x)")
    connection.executemany("INSERT INTO t (x) VALUES (?)", ((f"row {number}",) for number in range(100)))
    yield found
    connection.close()


def test_a_question_is_answered_with_columns_and_rows(path: Path) -> None:
    answer = ask(path, "SELECT id, x FROM t WHERE id < 3", limit=10, seconds=5)
    assert answer.columns == ("id", "x")
    assert answer.rows == ((1, "row 0"), (2, "row 1"))
    assert not answer.cut
    assert ask(path, "SELECT id FROM t", limit=10, seconds=5).cut
    assert ask(path, "SELECT id FROM t WHERE 0", limit=10, seconds=5).rows == ()
    assert ask(path, "PRAGMA table_info(t)", limit=10, seconds=5).rows


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM t",
        "UPDATE t SET x = ''",
        "DROP TABLE t",
        "CREATE TABLE u (x)",
        "PRAGMA user_version = 5",
        "PRAGMA journal_mode = DELETE",
        "ATTACH 'other.db' AS o",
        "SELECT 1; DELETE FROM t",
        "VACUUM INTO 'copy.db'",
        "WITH a AS (SELECT 1) INSERT INTO t (x) SELECT 1 FROM a",
    ],
)
def test_nothing_can_be_changed_by_a_question(path: Path, statement: str) -> None:
    with pytest.raises(QueryError):
        ask(path, statement, limit=10, seconds=5)
    assert ask(path, "SELECT count(*) FROM t", limit=1, seconds=5).rows == ((100,),)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["x.db", "x.db-shm", "x.db-wal"]


@pytest.mark.parametrize("statement", ["SELEC 1", "SELECT * FROM nowhere", "SELECT 'open", "\x00", "SELECT 1\x00"])
def test_what_cannot_be_run_is_explained(path: Path, statement: str) -> None:
    with pytest.raises(QueryError, match="cannot be run"):
        ask(path, statement, limit=10, seconds=5)


@pytest.mark.parametrize("statement", ["", "   ", "-- nothing"])
def test_nothing_returns_nothing(path: Path, statement: str) -> None:
    answer = ask(path, statement, limit=10, seconds=5)
    assert (answer.columns, answer.rows) == ((), ())


def test_an_endless_question_is_ended(path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(QueryError, match="longer than"):
        ask(path, endless, limit=10, seconds=0.2)


def test_with_leave_one_statement_changes_things(path: Path) -> None:
    assert ask(path, "DELETE FROM t WHERE id <= 10", limit=10, seconds=5, write=True).changed == 10
    with pytest.raises(QueryError):
        ask(path, "DELETE FROM t; DELETE FROM t", limit=10, seconds=5, write=True)
    with pytest.raises(QueryError):
        ask(path, "ATTACH 'other.db' AS o", limit=10, seconds=5, write=True)


@pytest.mark.parametrize("statement", ["SELECT 1; SELECT 2", "SELECT 1; DELETE FROM t", "; SELECT 1; SELECT 2"])
def test_a_second_statement_is_refused_in_words(path: Path, statement: str) -> None:
    with pytest.raises(QueryError, match=r"Only one statement|not authorized"):
        ask(path, statement, limit=10, seconds=5)


def test_tables_are_listed_with_rows_and_sizes_their_indexes_included(path: Path) -> None:
    found = {one.name: one for one in list_tables(path, sizes=True)}
    assert found["t"].rows == 100
    assert found["t"].bytes >= 2 * 4096
    assert found["t_text"].bytes >= 4096
    assert [one.bytes for one in list_tables(path)] == [-1, -1]


def test_the_schema_is_printed_whole_or_by_table(path: Path) -> None:
    assert "CREATE INDEX t_x" in read_schema(path, "t")
    assert "fts5" in read_schema(path)
    assert read_schema(path, "none") == ""


def test_a_dump_is_of_one_moment_and_upkeep_leaves_the_rows(path: Path) -> None:
    out = io.StringIO()
    dump(path, out)
    assert out.getvalue().count("INSERT INTO t VALUES") == 100
    optimize(path)
    vacuum(path)
    assert ask(path, "SELECT count(*) FROM t", limit=1, seconds=5).rows == ((100,),)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for work in (lambda path: ask(path, "SELECT 1", limit=1, seconds=1), list_tables, read_schema, vacuum):
        with pytest.raises(StoreError, match="not there"):
            work(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []

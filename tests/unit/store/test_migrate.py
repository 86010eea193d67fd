"""Every schema from the oldest to this one ends the same."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import apsw
import pytest

from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import StoreError
from nanoclaw.store.migrate import migrate, migrations, newest_schema, tables_of
from nanoclaw.store.sql import load_queries
from nanoclaw.store.tasks import MIGRATIONS
from nanoclaw.store.upkeep import list_tables

OF_OTHERS = {"whatsapp.sql"}
"""For a database that another program makes: tried in ``test_whatsapp.py``."""
QUERY_FILES = sorted(
    {entry.name for entry in files("nanoclaw.store").joinpath("queries").iterdir() if entry.is_file()} - OF_OTHERS
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.db"


@pytest.fixture
def connection(path: Path) -> Iterator[apsw.Connection]:
    opened = open_connection(path)
    yield opened
    opened.close()


def schema(connection: apsw.Connection) -> list[tuple[object, ...]]:
    """Names and SQL without comments and spacing."""
    found = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
    return [(kind, name, " ".join(str(sql).split())) for kind, name, sql in found]


def test_migrating_step_by_step_gives_the_fresh_schema(connection: apsw.Connection, path: Path, tmp_path: Path) -> None:
    assert migrate(connection, path) == len(migrations())
    other = open_connection(tmp_path / "other.db")
    for number, sql in migrations():
        other.execute(sql)
        other.execute(f"PRAGMA user_version = {number}")
    assert migrate(other, tmp_path / "other.db") == 0
    assert schema(other) == schema(connection)
    other.close()


def test_what_was_said_before_there_were_changes_is_said_still(connection: apsw.Connection, path: Path) -> None:
    for number, sql in migrations()[:4]:
        connection.execute(sql)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute(
        "INSERT INTO groups (folder, name, trigger, requires_trigger, is_main, created_at)"
        " VALUES ('main', 'Main', '@Andy', 0, 1, 1);"
        "INSERT INTO chats (channel, address, group_id, last_activity) VALUES ('local', 'main', 1, 1);"
        "INSERT INTO messages (chat_id, external_id, sender_id, sender_name, text, from_assistant, sent_at,"
        " received_at)"
        " VALUES (1, 'a', 'u1', 'Ann', 'hello', 0, 1, 1);"
        "INSERT INTO outbox (chat_id, client_id, text, state, created_at) VALUES (1, 'b', 'hi', 'sent', 2);"
    )
    assert migrate(connection, path) == len(migrations()) - 4
    assert connection.execute("SELECT row, text, state, kind, target FROM incoming_lines").fetchall() == [
        (1, "hello", "stored", "text", None)
    ]
    assert connection.execute("SELECT text, state FROM outgoing_lines").fetchall() == [("hi", "sent")]
    assert connection.execute("SELECT woke, voice, change, deleted_at FROM messages").fetchall() == [
        (0, None, None, None)
    ]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_second_migration_changes_nothing(connection: apsw.Connection, path: Path) -> None:
    migrate(connection, path)
    before = schema(connection)
    assert migrate(connection, path) == 0
    assert schema(connection) == before


def test_a_migration_that_fails_leaves_nothing_behind(connection: apsw.Connection, path: Path) -> None:
    # In the way of the last table of the first migration.
    connection.execute("CREATE TABLE installation (other TEXT)")
    with pytest.raises(StoreError, match="installation"):
        migrate(connection, path)
    assert [row[1] for row in schema(connection)] == ["installation"]
    assert connection.pragma("user_version") == 0


def test_the_file_says_whose_it_is(connection: apsw.Connection, path: Path) -> None:
    migrate(connection, path)
    assert int(connection.pragma("application_id")).to_bytes(4, "big") == b"nano"


@pytest.mark.parametrize("file", QUERY_FILES)
def test_every_query_fits_the_schema(connection: apsw.Connection, path: Path, file: str) -> None:
    migrate(connection, path, MIGRATIONS if file.startswith("task") else "migrations")
    queries = load_queries(file.removesuffix(".sql"))
    assert queries
    for name, sql in queries.items():
        try:
            connection.execute(f"EXPLAIN {sql}", _Anything(), can_cache=False).fetchall()
        except apsw.Error as error:
            pytest.fail(f"{file}: {name}: {error}")


class _Anything(dict[str, int]):
    def __missing__(self, key: str) -> int:
        return 1


@pytest.mark.parametrize("of", ["migrations", MIGRATIONS])
def test_the_tables_of_a_schema_are_those_of_a_fresh_database(tmp_path: Path, of: str) -> None:
    path = tmp_path / "fresh.db"
    connection = open_connection(path)
    migrate(connection, path, of)
    connection.close()
    assert tables_of(of, newest_schema(of)) == {table.name for table in list_tables(path)}
    assert tables_of(of, 0) == frozenset()

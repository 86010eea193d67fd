"""A home as the first version of the program left it, with some life in it."""

from pathlib import Path

import apsw
import pytest

from nanoclaw.settings.home import Home
from nanoclaw.store.connection import open_connection
from nanoclaw.store.migrate import migrations
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS
from tests.fakes.clocks import HeldClock


def make_old_home(root: Path, messages: int = 500) -> Home:
    """Both databases with the first schema there ever was, closed."""
    home = Home(root)
    home.create()
    connection = open_connection(home.database)
    connection.execute("PRAGMA synchronous = OFF")
    _first(connection, "migrations")
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO groups (id, folder, name, trigger, requires_trigger, is_main, created_at)"
        " VALUES (1, 'main', 'Main', '@Andy', 0, 1, 1);"
        "INSERT INTO chats (id, channel, address, group_id, last_activity) VALUES (1, 'local', 'main', 1, 1)"
    )
    connection.executemany(
        "INSERT INTO messages"
        " (chat_id, external_id, sender_id, sender_name, text, from_assistant, sent_at, received_at)"
        " VALUES (1, ?, 'owner', 'Me', ?, 0, 1, 1)",
        ((f"m{number}", f"message number {number} about tea and cake") for number in range(1, messages + 1)),
    )
    connection.execute("COMMIT")
    connection.close()
    tasks = open_connection(home.task_database)
    _first(tasks, TASK_MIGRATIONS)
    tasks.execute(
        "INSERT INTO tasks"
        " (folder, channel, chat, prompt, kind, value, context, missed, script, name, state, created_at) VALUES"
        " ('main', 'local', 'main', 'p', 'interval', '60000', 'group', 'once', '', 'n', 'active', 1)"
    )
    tasks.close()
    return home


def _first(connection: apsw.Connection, of: str) -> None:
    number, sql = migrations(of)[0]
    connection.execute(sql)
    connection.execute(f"PRAGMA user_version = {number}")


def ask(path: Path, query: str) -> object:
    """The first value of an answer."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        return connection.execute(query).fetchall()[0][0]
    finally:
        connection.close()


def schemas(home: Home) -> tuple[object, object]:
    """Of the messages and of the tasks."""
    return ask(home.database, "PRAGMA user_version"), ask(home.task_database, "PRAGMA user_version")


NEWEST = (migrations()[-1][0], migrations(TASK_MIGRATIONS)[-1][0])


@pytest.fixture
def clock() -> HeldClock:
    """An hour passes whenever it is looked at."""
    return HeldClock(step=3_600_000)


@pytest.fixture
def old(tmp_path: Path) -> Home:
    return make_old_home(tmp_path / "home")

"""A home with a database in it that has seen some life."""

from pathlib import Path

import apsw
import pytest

from nanoclaw.settings.home import Home
from nanoclaw.store.connection import open_connection
from nanoclaw.store.migrate import migrate
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS

MESSAGES = 5_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Both databases, closed; 5,000 messages of one chat, which can be searched."""
    found = Home(tmp_path / "home")
    found.create()
    connection = open_connection(found.database)
    migrate(connection, found.database)
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
        ((f"m{number}", f"message number {number} " + "x" * 200) for number in range(1, MESSAGES + 1)),
    )
    connection.execute(
        "INSERT INTO messages_text (rowid, text, scope, group_id) SELECT id, searchable(text), 'g1', 1 FROM messages"
    )
    connection.execute("COMMIT")
    connection.close()
    tasks = open_connection(found.task_database)
    migrate(tasks, found.task_database, TASK_MIGRATIONS)
    tasks.close()
    return found


def pages_of(path: Path, table: str) -> list[int]:
    """Numbers of the leaf pages of a table."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = connection.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,)).fetchall()
    connection.close()
    return [int(str(number)) for (number,) in found]


def destroy(path: Path, pages: list[int]) -> None:
    """Overwrite pages with rubbish."""
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xa5" * 4096)

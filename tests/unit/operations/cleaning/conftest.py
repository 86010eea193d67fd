"""A home with old and young things of every kind in it."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings
from nanoclaw.settings.sockets import bindable_path
from nanoclaw.store.connection import open_connection
from nanoclaw.store.migrate import migrate
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS
from tests.fakes.clocks import HeldWallClock

NOW = 1_795_600_000.0
CURRENT = "11111111-2222-3333-4444-555555555555"
OVER = "99999999-2222-3333-4444-555555555555"
DAY = 86_400.0
STILL = HeldWallClock(int(NOW * 1000))
"""A moment that does not pass, for what is old and what is not."""


Put = Callable[..., Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The home, and how things are put into it."""

    home: Home
    put: Put


def settings(**clean: int) -> Settings:
    """What the configuration says; images of the machine are nobody's business here."""
    return Settings.model_validate({"clean": {"image_days": 0, **clean}})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    home = Home(tmp_path / "home")
    home.create()
    connection = open_connection(home.database)
    migrate(connection, home.database)
    connection.execute(
        "INSERT INTO groups (id, folder, name, trigger, requires_trigger, is_main, created_at)"
        " VALUES (1, 'main', 'Main', '@Andy', 0, 1, 1);"
        "INSERT INTO chats (id, channel, address, group_id, last_activity) VALUES (1, 'local', 'main', 1, 1);"
        "INSERT INTO sessions (group_id, session, updated_at) VALUES (1, ?, 1)",
        (CURRENT,),
    )
    connection.close()
    tasks = open_connection(home.task_database)
    migrate(tasks, home.task_database, TASK_MIGRATIONS)
    tasks.close()

    def put(relative: str, days: float = 400, content: bytes = b"x" * 5000) -> Path:
        path = home.root / relative
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
        age(path, days)
        return path

    return Place(home=home, put=put)


def age(path: Path, days: float) -> None:
    """Make something look as if nobody had touched it for so many days."""
    os.utime(path, (NOW - days * DAY, NOW - days * DAY), follow_symlinks=False)


def listener(path: Path) -> socket.socket:
    """A socket on which somebody listens."""
    found = socket.socket(socket.AF_UNIX)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with bindable_path(path) as name:
        found.bind(name)
    found.listen()
    age(path, 1)
    return found

"""A home with something in it, its backups, and a clock that can be set."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from nanoclaw.daemon.lock import hold
from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.create import Created, Surroundings, create
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.restore import Choice, Restored, Way, restore, restore_to
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.vault import FolderVault
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database
from nanoclaw.store.tasks import MIGRATIONS
from tests.fakes.clocks import HeldWallClock

NOON = 1_750_068_000_000
HOUR = 3_600_000


@dataclass
class World:
    """One installation with a short patience."""

    home: Home
    clock: HeldWallClock = field(default_factory=lambda: HeldWallClock(NOON, step=1))
    secret: bytes | None = None
    leave_free: int = 0

    @property
    def allowlist(self) -> Path:
        return self.home.root.parent / "config" / "mount-allowlist.json"

    def repository(self, place: Path | None = None) -> Repository:
        vault = FolderVault(place or self.home.backups, leave_free=self.leave_free)
        return Repository(vault, self.secret, self.clock, patience=0.3)

    def create(self, kind: Kind = Kind.MANUAL) -> Created:
        self.clock.value += 60_000
        around = Surroundings(clock=self.clock, program="1.2.3", mount_allowlist=self.allowlist)
        return create(self.repository(), self.home, kind, around)

    def way(self, place: Path | None = None) -> Way:
        return Way(
            repository=self.repository(place),
            home=self.home,
            mount_allowlist=self.allowlist,
            clock=self.clock,
            hold=hold,
        )

    def restore(self, *only: str, at: int | None = None) -> Restored:
        self.clock.value += 60_000
        return restore(self.way(), Choice(only=only, at=Milliseconds(at) if at else None))

    def restore_to(self, folder: Path, *only: str, place: Path | None = None) -> Restored:
        return restore_to(self.way(place), Choice(only=only), folder)

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.home.root / path
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def say(self, text: str) -> None:
        """One more row in the database of messages."""
        connection = apsw.Connection(str(self.home.database))
        connection.set_busy_timeout(5000)
        connection.execute("INSERT INTO troubles (at, what, hint) VALUES (0, ?, '')", (text,))
        connection.close()

    def said(self) -> set[str]:
        connection = apsw.Connection(str(self.home.database))
        rows = connection.execute("SELECT what FROM troubles").fetchall()
        connection.close()
        return {str(row[0]) for row in rows}


async def _make_databases(home: Home) -> None:
    for path, migrations in ((home.database, "migrations"), (home.task_database, MIGRATIONS)):
        database = await Database.open(path, migrations)
        await database.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    previous = os.umask(0o077)
    home = Home(tmp_path / "nc")
    home.create()
    asyncio.run(_make_databases(home))
    made = World(home)
    made.write("config.toml", '[assistant]\nname = "Iris"\n')
    made.write(".env", "ANTHROPIC_API_KEY=a-placeholder\n")
    made.write("groups/family/CLAUDE.md", "We are four.\n")
    made.write("groups/global/CLAUDE.md", "Be kind.\n")
    made.write("data/sessions/family/projects/p/s.jsonl", '{"a": 1}\n' * 1000)
    made.write("data/outgoing/x/photo.jpg", b"\xff\xd8" + os.urandom(100_000))
    made.write("store/auth/web/token", "a-token")
    made.allowlist.parent.mkdir()
    made.allowlist.write_text("[]")
    made.say("hello")
    yield made
    os.umask(previous)

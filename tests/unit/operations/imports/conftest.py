"""A home to take things over into, and folders of v1 to take them from."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw
import pytest

from nanoclaw.operations.imports.nanoclaw_v1 import Taker, import_v1
from nanoclaw.operations.imports.report import Report
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldClock
from tests.fakes.nanoclaw_v1 import V1Folder, furnish, make_v1


@dataclass
class Here:
    """A home."""

    home: Home

    def take(self, source: V1Folder | Path, *, dry_run: bool = False) -> Report:
        """Take a folder over."""
        taker = Taker(home=self.home, clock=HeldClock(), zone=ZoneInfo("Europe/Berlin"), trigger="@Andy")
        return import_v1(taker, source.root if isinstance(source, V1Folder) else source, dry_run=dry_run)

    def ask(self, sql: str, *, tasks: bool = False) -> list[tuple[object, ...]]:
        """Rows of a database."""
        path = self.home.task_database if tasks else self.home.database
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def change(self, sql: str) -> None:
        """Change the messages."""
        connection = apsw.Connection(str(self.home.database))
        connection.execute(sql)
        connection.close()

    def everything(self) -> dict[str, object]:
        """All there is, to compare."""
        files = {
            str(path.relative_to(self.home.root)): path.read_bytes()
            for path in sorted(self.home.root.rglob("*"))
            if path.is_file() and path.suffix not in {".db", ".lock"} and not path.name.endswith(("-wal", "-shm"))
        }
        rows = {
            table: self.ask(f"SELECT * FROM {table}", tasks=table in {"tasks", "runs"})  # noqa: S608 - names of ours
            for table in ("groups", "chats", "messages", "outbox", "sessions", "tasks", "runs")
        }
        return {**files, **rows}


@pytest.fixture
def here(tmp_path: Path) -> Here:
    home = Home(tmp_path / "here")
    home.create()
    return Here(home)


@pytest.fixture(params=[False, True], ids=["first versions", "later versions"])
def v1(request: pytest.FixtureRequest, tmp_path: Path) -> V1Folder:
    return furnish(make_v1(tmp_path / "v1", later=request.param))


@pytest.fixture
def later(tmp_path: Path) -> V1Folder:
    return furnish(make_v1(tmp_path / "v1", later=True))

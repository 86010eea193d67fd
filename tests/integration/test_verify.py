"""``nanoclaw verify`` on whole installations: it passes where all is well, tells what is broken, and leaves no trace."""

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from nanoclaw.stub_model.script import Rule
from tests.integration.installation import Installation

pytestmark = pytest.mark.timeout(240)

STEPS = [
    "running",
    "channel-local",
    "channel-web",
    "isolation",
    "inside",
    "engine",
    "task",
    "databases",
    "backup",
    "real-model",
    "traces",
]


async def _verify(installation: Installation, *arguments: str) -> dict[str, Any]:
    ran = await asyncio.to_thread(lambda: installation.run("verify", "--json", *arguments, seconds=200))
    assert ran.stdout, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    assert ran.returncode == (0 if report["ok"] else 1)
    return report


def _outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["outcome"] for step in report["steps"]}


def _failed(report: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: " ".join(step["facts"]) for step in report["steps"] if step["outcome"] == "failed"}


async def _ready(installation: Installation, config: str = "[channels.web]\nport = 0\n") -> None:
    """Running, with a history of its own."""
    installation.config = config
    installation.script(Rule(reply="Hello."))
    await installation.start()
    await installation.answer("hello before")
    for name in ("daemon.out", "config.toml"):
        (installation.home / name).chmod(0o600)


def _rows(path: Path) -> dict[str, list[Any]]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        tables = [name for (name,) in names if not name.startswith("sqlite_") and "_text" not in name]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608
    finally:
        connection.close()


def _words(path: Path) -> list[Any]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [
            connection.execute(f"SELECT rowid FROM {name} ORDER BY rowid").fetchall()  # noqa: S608
            for name in ("messages_text", "outbox_text")
        ]
    finally:
        connection.close()


def _state(installation: Installation) -> dict[str, Any]:
    """Everything that a verification could leave behind: rows, files, containers, images, the page's sessions."""
    home = installation.home
    # What the databases, the log and the living agent of main write all the time; the page's sessions are looked into.
    noise = ("-wal", "-shm", "sessions.json")
    places = (path.relative_to(home) for path in home.rglob("*") if not path.name.endswith(noise))
    others = ("logs", "data/sessions/main")
    files = sorted(str(path) for path in places if not any(path.is_relative_to(other) for other in others))
    images = subprocess.run(["docker", "image", "ls", "-q"], capture_output=True, text=True, check=False, timeout=20)
    sessions = home / "store" / "auth" / "web" / "sessions.json"
    return {
        "messages": _rows(home / "store" / "messages.db"),
        "words": _words(home / "store" / "messages.db"),
        "tasks": _rows(home / "store" / "tasks.db"),
        "files": files,
        "containers": sorted(installation.containers()) if installation.kind == "docker" else [],
        "images": sorted(set(images.stdout.split())) if installation.kind == "docker" else [],
        "sessions": json.loads(sessions.read_text())["sessions"] if sessions.exists() else [],
    }


async def test_a_healthy_installation_passes_every_step_and_nothing_is_left_of_it(installation: Installation) -> None:
    await _ready(installation)
    before = await asyncio.to_thread(_state, installation)
    asked = len(installation.model.requests)
    report = await _verify(installation)
    assert report["ok"], _failed(report)
    assert [step["id"] for step in report["steps"]] == STEPS
    assert _outcomes(report)["real-model"] == "skipped"
    assert report["seconds"] < 60
    assert len(installation.model.requests) == asked, "the real groups' model was asked"
    after = await asyncio.to_thread(_state, installation)
    for part, was in before.items():
        assert after[part] == was, part
    assert await installation.answer("hello after") == "Hello."

"""``nanoclaw verify`` on whole installations: it passes where all is well, tells what is broken, leaves no trace."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
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
        every = [str(name) for (name,) in names]
        tables = [name for name in every if not name.startswith("sqlite_") and "_text" not in name]
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
    # Unlike a glob, a walk minds nothing that goes meanwhile.
    found = (Path(folder, name) for folder, folders, names in os.walk(home) for name in (*folders, *names))
    places = (path.relative_to(home) for path in found if not path.name.endswith(noise))
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


def _start_verify(installation: Installation) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        installation.command("verify"),
        env=installation.child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def _temporary(installation: Installation) -> list[str]:
    groups = (await installation.get("/v1/groups"))["groups"]
    return [group["folder"] for group in groups if group["temporary"]]


async def _under_way(installation: Installation) -> list[str]:
    """The temporary groups, once one of their agents lives."""
    async with asyncio.timeout(60):
        while not any(
            agent["group"].startswith("verify-") for agent in (await installation.get("/v1/status"))["agents"]
        ):
            await asyncio.sleep(0.02)
    return await _temporary(installation)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_a_command_that_is_killed_leaves_nothing(bubblewrap: Installation, how: signal.Signals) -> None:
    await _ready(bubblewrap)
    before = await asyncio.to_thread(_state, bubblewrap)
    command = _start_verify(bubblewrap)
    folders = await _under_way(bubblewrap)
    assert len(folders) == 2
    assert folders[0] not in (await bubblewrap.get("/v1/status"))["groups"]
    command.send_signal(how)
    await asyncio.to_thread(command.wait, 30)
    async with asyncio.timeout(40):
        while await _temporary(bubblewrap) or (bubblewrap.home / "groups" / folders[0]).exists():
            await asyncio.sleep(0.1)
    after = await asyncio.to_thread(_state, bubblewrap)
    for part, was in before.items():
        if part != "sessions":
            assert after[part] == was, part
    assert (await _verify(bubblewrap))["ok"]


async def test_what_a_killed_daemon_left_is_erased_at_its_next_start(bubblewrap: Installation) -> None:
    await _ready(bubblewrap)
    before = await asyncio.to_thread(_state, bubblewrap)
    command = _start_verify(bubblewrap)
    folders = await _under_way(bubblewrap)
    await bubblewrap.kill()
    assert await asyncio.to_thread(command.wait, 120) == 1
    assert (bubblewrap.home / "groups" / folders[0]).exists()
    await bubblewrap.start()
    assert await _temporary(bubblewrap) == []
    assert not (bubblewrap.home / "groups" / folders[0]).exists()
    after = await asyncio.to_thread(_state, bubblewrap)
    assert (after["messages"], after["tasks"], after["words"]) == (before["messages"], before["tasks"], before["words"])


async def test_only_one_verification_goes_on_at_a_time(bubblewrap: Installation) -> None:
    await _ready(bubblewrap)
    command = _start_verify(bubblewrap)
    await _under_way(bubblewrap)
    second = await asyncio.to_thread(bubblewrap.run, "verify")
    assert second.returncode == 1
    assert "Another verification is going on" in second.stderr
    assert await asyncio.to_thread(command.wait, 120) == 0


async def test_without_a_daemon_it_says_how_to_start_one(bubblewrap: Installation) -> None:
    bubblewrap.write_config()
    ran = await asyncio.to_thread(bubblewrap.run, "verify")
    assert ran.returncode == 1
    assert "nanoclaw run" in ran.stderr


async def test_a_channel_that_is_down_fails_its_step_and_no_other(bubblewrap: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        await _ready(bubblewrap, f"[channels.web]\nport = {taken.getsockname()[1]}\n")
        report = await _verify(bubblewrap)
    assert list(_failed(report)) == ["channel-web"]
    assert "another program uses it" in _failed(report)["channel-web"]
    (step,) = [step for step in report["steps"] if step["outcome"] == "failed"]
    assert step["check"] == "channels"
    assert step["hint"]


@pytest.mark.docker
async def test_a_mount_that_somebody_added_is_seen_from_inside_and_by_the_engine(
    docker: Installation, tmp_path: Path
) -> None:
    behind, tools = tmp_path / "behind", tmp_path / "tools"
    behind.mkdir()
    tools.mkdir()
    engine = shutil.which("docker")
    wrapper = tools / "docker"
    wrapper.write_text(
        f'#!/bin/sh\nmore="--mount type=bind,source={behind},target=/behind"\n'
        'if [ "$1" = run ]; then shift; set -- run $more "$@"; fi\n'
        f'exec {engine} "$@"\n'
    )
    wrapper.chmod(0o755)
    docker.environment["PATH"] = f"{tools}:{docker.environment['PATH']}"
    await _ready(docker)
    failed = _failed(await _verify(docker))
    assert set(failed) == {"inside", "engine"}
    assert "/behind" in failed["inside"]
    assert "/behind" in failed["engine"]


async def test_a_damaged_database_is_told_of(bubblewrap: Installation) -> None:
    await _ready(bubblewrap)
    connection = apsw.Connection(str(bubblewrap.home / "store" / "tasks.db"))
    connection.execute("CREATE TABLE extra (one, two); INSERT INTO extra VALUES (1, NULL)")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE extra (one, two NOT NULL)' WHERE name = 'extra'")
    connection.close()
    failed = _failed(await _verify(bubblewrap))
    assert "tasks.db is damaged: NULL value in extra.two" in failed["databases"]
    assert set(failed) <= {"databases", "backup"}


async def test_a_backup_whose_key_was_changed_fails_its_step(bubblewrap: Installation) -> None:
    key = bubblewrap.home.parent / "key"
    key.write_bytes(b"1" * 32)
    key.chmod(0o600)
    await _ready(bubblewrap, f'[backup]\nenabled = false\nleave_free_mib = 0\nkey_file = "{key}"\n')
    made = await asyncio.to_thread(bubblewrap.run, "backup", "create", seconds=100)
    assert made.returncode == 0, made.stderr
    assert (await _verify(bubblewrap))["ok"]
    key.write_bytes(b"2" * 32)
    assert list(_failed(await _verify(bubblewrap))) == ["backup"]


async def test_a_log_that_leaves_out_what_happened_fails_the_task(bubblewrap: Installation) -> None:
    await _ready(bubblewrap, '[log]\nlevel = "warning"\n')
    failed = _failed(await _verify(bubblewrap))
    assert list(failed) == ["task"]
    assert "no line in the log" in failed["task"]


async def test_the_true_call_goes_to_the_configured_service_and_stays_in_the_books(bubblewrap: Installation) -> None:
    await _ready(bubblewrap)
    before = await asyncio.to_thread(_state, bubblewrap)
    usage = (await bubblewrap.get("/v1/usage?by=group"))["total"]["cost_usd"]
    asked = len(bubblewrap.model.requests)
    report = await _verify(bubblewrap, "--real-model")
    assert report["ok"], _failed(report)
    (step,) = [step for step in report["steps"] if step["id"] == "real-model"]
    assert "cost 0." in " ".join(step["facts"])
    new = bubblewrap.model.requests[asked:]
    assert new
    assert all("ready" in (request.raw_body or b"").decode() for request in new if not request.is_side_request)
    (line,) = (await bubblewrap.get("/v1/usage?by=group"))["lines"]
    assert line["key"] == "main"
    assert line["cost_usd"] > usage
    after = await asyncio.to_thread(_state, bubblewrap)
    before["messages"].pop("model_calls")
    after["messages"].pop("model_calls")
    assert after["messages"] == before["messages"]

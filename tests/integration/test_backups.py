"""Backups of a living installation: made by the daemon itself, tried out by itself, brought back."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.integration.installation import Installation

pytestmark = pytest.mark.timeout(150)

_CONFIG = "[backup]\nsettle_minutes = 0\nleave_free_mib = 0\n"


async def _until(path: Path, seconds: float = 90) -> dict[str, object]:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(path.exists):
            await asyncio.sleep(0.1)
    found: dict[str, object] = json.loads(await asyncio.to_thread(path.read_text))
    return found


@pytest.fixture
def bubblewrap(tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[object, str]) -> Installation:
    return Installation(tmp_path / "nc", *model, scrubbed_environment, "bubblewrap", config=_CONFIG)  # type: ignore[arg-type]


async def test_a_new_daemon_backs_up_verifies_and_drills_without_being_told(bubblewrap: Installation) -> None:
    await bubblewrap.start()
    try:
        drilled = await _until(bubblewrap.home / "backups/state/drill.json")
        assert drilled["ok"], drilled
        assert (await _until(bubblewrap.home / "backups/state/verify.json"))["ok"]
        listed = json.loads(bubblewrap.run("backup", "list", "--json").stdout)
        assert [one["kind"] for one in listed["snapshots"]] == ["weekly"]
        assert (await bubblewrap.get("/v1/status"))["last_errors"] == []
        assert not list((bubblewrap.home / "backups/drill").iterdir())
    finally:
        await bubblewrap.stop()


async def test_a_backup_of_a_running_daemon_comes_back_after_a_stop(bubblewrap: Installation) -> None:
    bubblewrap.config = "[backup]\nenabled = false\nleave_free_mib = 0\n"
    await bubblewrap.start()
    await bubblewrap.add_group("family")
    assert bubblewrap.run("backup", "create").returncode == 0
    await bubblewrap.add_group("work")
    refused = bubblewrap.run("backup", "restore")
    assert refused.returncode == 1
    assert "nanoclaw stop" in refused.stderr
    await bubblewrap.stop()
    restored = bubblewrap.run("backup", "restore")
    assert restored.returncode == 0, restored.stderr
    await bubblewrap.start()
    folders = {group["folder"] for group in (await bubblewrap.get("/v1/groups"))["groups"]}
    await bubblewrap.stop()
    assert folders == {"main", "family"}


async def test_a_stop_ends_a_backup_that_is_being_made(bubblewrap: Installation) -> None:
    for number in range(3000):
        path = bubblewrap.home / "groups/family" / f"{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(4) * 5000)
    await bubblewrap.start()
    async with asyncio.timeout(60):
        while not (bubblewrap.home / "backups/chunks").exists():
            await asyncio.sleep(0.02)
    assert await bubblewrap.stop() == 0
    assert json.loads(bubblewrap.run("backup", "create", "--json", seconds=100).stdout)["snapshot"]["files"] >= 3000


async def test_a_drill_answers_no_message_and_calls_no_model(bubblewrap: Installation) -> None:
    bubblewrap.config = "[backup]\nenabled = false\nleave_free_mib = 0\n"
    await bubblewrap.start()
    await bubblewrap.send("Are you there?", wait=0)
    await bubblewrap.kill()
    # A restored home can reach the model, if anybody in it tries.
    (bubblewrap.home / ".env").write_text(
        f"ANTHROPIC_API_KEY=a-placeholder\nANTHROPIC_BASE_URL={bubblewrap.model_url}\n"
    )
    assert bubblewrap.run("backup", "create").returncode == 0
    asked = len(bubblewrap.model.requests)
    drilled = bubblewrap.run("backup", "drill", "--json", seconds=120)
    assert drilled.returncode == 0, drilled.stderr
    assert json.loads(drilled.stdout)["rows"]["store/messages.db"]["turns"] == 1
    assert len(bubblewrap.model.requests) == asked
    await bubblewrap.start()
    await bubblewrap.until("len(requests) > 0")
    await bubblewrap.stop()


@pytest.mark.parametrize("command", ["daemon", "groups list", "backup create"])
async def test_whoever_comes_first_finishes_a_restore_that_was_killed(bubblewrap: Installation, command: str) -> None:
    bubblewrap.write_config()
    assert bubblewrap.run("groups", "add", "Family", "--folder", "family").returncode == 0
    new = bubblewrap.home / "data/restoring/new/memory"
    new.parent.mkdir(parents=True)
    new.write_text("from the backup")
    memory = bubblewrap.home / "groups/family/CLAUDE.md"
    memory.write_text("what was there")
    swap = {"target": "groups/family/CLAUDE.md", "new": "data/restoring/new/memory", "saved": "replaced/x/CLAUDE.md"}
    (bubblewrap.home / "data/restore.json").write_text(json.dumps({"format": 1, "swaps": [swap]}))
    if command == "daemon":
        await bubblewrap.start()
        await bubblewrap.stop()
    else:
        done = bubblewrap.run(*command.split())
        assert done.returncode == 0, done.stderr
    assert memory.read_text() == "from the backup"
    assert (bubblewrap.home / "replaced/x/CLAUDE.md").read_text() == "what was there"
    assert not (bubblewrap.home / "data/restore.json").exists()

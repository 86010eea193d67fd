"""``nanoclaw clean`` beside a daemon with a living agent: what the agent uses stays, what is over goes."""

import asyncio
import json
import os
from pathlib import Path

from nanoclaw.model.clock import SystemClock
from nanoclaw.stub_model.script import Rule
from tests.integration.installation import Installation

LONG_AGO = SystemClock().now() / 1000 - 800 * 86_400


def old(path: Path) -> Path:
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


async def test_a_living_agent_s_conversation_and_sockets_stay_and_old_ones_go(installation: Installation) -> None:
    installation.config = "[clean]\nimage_days = 0\nattachment_days = 1\n"
    installation.script(Rule(when="again", reply="Still here."), Rule(reply="Noted."))
    await installation.start()
    await installation.answer("the word is swordfish")
    sessions = installation.home / "data" / "sessions" / "main" / "projects"
    (current,) = sessions.glob("*/*.jsonl")
    over = current.with_name("99999999-2222-3333-4444-555555555555.jsonl")
    over.write_text("{}\n")
    old(current)
    old(over)
    memory = installation.home / "groups" / "main" / "CLAUDE.md"
    memory.write_text("remember")
    old(memory)
    sockets = sorted(path for path in (installation.home / "data" / "ipc").rglob("*") if path.is_socket())
    for path in sockets:
        old(path)
    planned = json.loads((await asyncio.to_thread(installation.run, "clean", "--dry-run", "--json")).stdout)
    done = await asyncio.to_thread(installation.run, "clean", "--json")
    assert done.returncode == 0, done.stderr
    removed = [one["path"] for one in json.loads(done.stdout)["removed"]]
    assert removed == [str(over)] == [one["path"] for one in planned["removed"]]
    assert sorted(path for path in (installation.home / "data" / "ipc").rglob("*") if path.is_socket()) == sockets
    assert len(sockets) >= 3, "the control socket and the agent's two were looked at"
    assert await installation.answer("again") == "Still here."
    assert await installation.stop() == 0
    old(current)
    await asyncio.to_thread(installation.run, "clean")
    await installation.start()
    assert await installation.answer("again, please") == "Still here."
    body = installation.model.requests[-1].body
    assert "swordfish" in str(body), "the conversation outlived every cleaning"

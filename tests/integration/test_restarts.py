"""What a restart, orderly or not, does to turns, conversations and sandboxes."""

import asyncio
import shutil
import signal
import subprocess

import pytest

from nanoclaw.stub_model.script import Rule, ToolCall
from tests.integration.installation import Installation

SLOW_TOOL = ToolCall(name="Bash", input={"command": "python3 -c 'import time; time.sleep(6)'", "description": "wait"})


async def test_a_turn_whose_daemon_was_killed_is_answered_once_after_the_restart(installation: Installation) -> None:
    installation.script(Rule(when="first", reply="One.", times=1), Rule(when="second", reply="Two.", delay_ms=1500))
    await installation.start()
    await installation.answer("zebra first")
    await installation.send("okapi second", wait=0)
    await installation.until("len(requests) >= 2")
    await installation.kill()
    await installation.start()
    await installation.until("status['queue']['waiting_turns'] + status['queue']['running_turns'] == 0")
    assert await installation.outgoing() == ["One.", "Two."]
    body = str(installation.model.requests[-1].body)
    assert body.count("zebra first") == 1, "the conversation goes on where the last finished turn left it"
    assert body.count("okapi second") == 1, "the turn that never finished has left no trace in the conversation"


async def test_a_killed_daemon_leaves_no_sandbox_after_its_restart(installation: Installation) -> None:
    installation.script(Rule(when="start", tool=SLOW_TOOL), Rule(after_tool=".", reply="Done."))
    await installation.start()
    await installation.send("start the work", wait=0)
    await installation.until("len(requests) >= 1")
    before = set(installation.containers()) if installation.kind == "docker" else set()
    await installation.kill()
    await installation.start()
    if installation.kind == "docker":
        assert before
        assert not before & set(installation.containers())
    await installation.until("status['queue']['waiting_turns'] + status['queue']['running_turns'] == 0", seconds=40)
    assert await installation.outgoing() == ["Done."]


async def test_an_orderly_stop_lets_the_running_turn_finish(installation: Installation) -> None:
    installation.script(Rule(reply="In time.", delay_ms=2000))
    await installation.start()
    await installation.send("hurry", wait=0)
    await installation.until("len(requests) >= 1")
    assert await installation.stop() == 0
    if installation.kind == "docker":
        assert installation.containers() == []
    listed = installation.run("messages", "list")
    assert "In time." in listed.stdout, listed


@pytest.mark.docker
async def test_a_second_signal_stops_at_once_and_leaves_no_container(docker: Installation) -> None:
    docker.script(Rule(reply="Too late.", delay_ms=60_000))
    await docker.start()
    await docker.send("hurry", wait=0)
    await docker.until("len(requests) >= 1")
    docker.signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    docker.signal(signal.SIGTERM)
    assert await docker.ended(seconds=12) == 0
    assert docker.containers() == []


@pytest.mark.docker
async def test_sandboxes_of_another_home_are_left_alone(docker: Installation) -> None:
    other = ["docker", "run", "-d", "--rm", "--label", "nanoclaw.installation=000000000000", "--network", "none"]
    name = subprocess.run(
        [*other, "nanoclaw-base:bookworm", "sleep", "60"], capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()
    try:
        await docker.start()
        await docker.stop()
        running = subprocess.run(["docker", "ps", "-q", "--no-trunc"], capture_output=True, text=True, check=True)
        assert name in running.stdout
    finally:
        subprocess.run(["docker", "kill", name], capture_output=True, check=False, timeout=20)


async def test_a_conversation_that_was_deleted_begins_afresh(installation: Installation) -> None:
    installation.script(Rule(reply="Hello."))
    await installation.start()
    await installation.answer("remember me")
    await installation.stop()
    shutil.rmtree(installation.home / "data" / "sessions" / "main")
    await installation.start()
    assert await installation.answer("who am I") == "Hello."
    assert "remember me" not in str(installation.model.requests[-1].body)


async def test_an_agent_that_was_idle_too_long_is_closed_and_resumed(installation: Installation) -> None:
    installation.config = "[agents]\nidle_minutes = 0.02\n"
    installation.script(Rule(reply="Hello."))
    await installation.start()
    await installation.answer("remember me")
    await installation.until("status['agents'] == []")
    assert await installation.answer("who am I") == "Hello."
    assert "remember me" in str(installation.model.requests[-1].body)


async def test_an_idle_agent_gives_its_place_to_a_group_that_waits(installation: Installation) -> None:
    installation.config = "[agents]\nat_once = 1\n"
    installation.script(Rule(reply="Hello."))
    await installation.start()
    await installation.add_group("b", requires_trigger=False)
    await installation.add_group("c", requires_trigger=False)
    async with asyncio.TaskGroup() as tasks:
        answers = [tasks.create_task(installation.answer("hi", group=group)) for group in ("main", "b", "c")]
    assert [answer.result() for answer in answers] == ["Hello."] * 3
    assert len((await installation.get("/v1/status"))["agents"]) == 1


async def test_an_agent_started_ahead_answers_sooner(installation: Installation) -> None:
    installation.script(Rule(reply="Hello."))
    await installation.start()
    assert await installation.request("POST", "/v1/groups/main/expect") == (200, {"changed": True})
    await installation.until("[agent['state'] for agent in status['agents']] == ['idle']")
    assert installation.model.requests == ()
    assert await installation.answer("hi") == "Hello."


async def test_a_second_daemon_on_the_same_home_is_refused(installation: Installation) -> None:
    await installation.start()
    second = installation.run("run")
    assert second.returncode == 1
    assert "in use by process" in second.stderr
    assert "nanoclaw stop" in second.stderr

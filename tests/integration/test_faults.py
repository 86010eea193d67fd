"""What can go wrong around a turn, and what people are told."""

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path

import apsw
import pytest

from nanoclaw.stub_model.script import Rule, ToolCall
from tests.integration.engine_proxy import engine_proxy
from tests.integration.installation import Installation

ONE_TRY = "[agents]\nretry_seconds = []\n"
QUICK = "[agents]\nretry_seconds = [0.2, 0.4, 0.8]\n"


async def test_without_a_key_the_answer_says_what_to_set(installation: Installation) -> None:
    installation.key = None
    await installation.start()
    result = await installation.send("hello")
    assert result["outcome"] == "failed"
    assert "ANTHROPIC_API_KEY" in result["replies"][0]["text"]
    assert installation.model.requests == ()


async def test_a_wrong_key_reaches_the_user_as_advice_once(installation: Installation) -> None:
    installation.script(Rule(error=401, reply="invalid x-api-key"))
    await installation.start()
    result = await installation.send("hello")
    assert result["outcome"] == "failed"
    assert "does not accept the key" in result["replies"][0]["text"]
    assert len(await installation.outgoing()) == 1
    assert (await installation.get("/v1/status"))["last_errors"]


async def test_an_overloaded_model_is_asked_again_until_it_answers(installation: Installation) -> None:
    installation.config = QUICK
    installation.script(Rule(error=529, retry_after=0, times=4), Rule(reply="At last."))
    await installation.start()
    assert await installation.answer("hello") == "At last."
    assert await installation.outgoing() == ["At last."]


async def test_a_model_that_stays_away_is_told_to_the_chat_and_the_owner(installation: Installation) -> None:
    installation.config = ONE_TRY
    installation.script(Rule(error=500, retry_after=0))
    await installation.start()
    await installation.add_group("family", requires_trigger=False)
    result = await installation.send("hello", group="family")
    assert result["outcome"] == "failed"
    assert "overloaded or unreachable" in result["replies"][0]["text"]
    await installation.until("status['queue']['undelivered_replies'] == 0")
    assert ["Family" in text for text in await installation.outgoing("main")] == [True]
    installation.script(Rule(reply="Here I am."))
    assert await installation.answer("again", group="family") == "Here I am."
    assert "hello" in installation.model.requests[-1].user_text, "what was not answered is put before the agent again"


async def test_a_stream_that_breaks_off_is_no_answer(installation: Installation) -> None:
    installation.config = QUICK
    installation.script(Rule(reply="Half an answer", broken_after=4, times=1), Rule(reply="Whole."))
    await installation.start()
    assert await installation.answer("hello") == "Whole."


@pytest.mark.docker
async def test_a_container_that_is_killed_is_replaced(docker: Installation) -> None:
    docker.config = QUICK
    docker.script(Rule(reply="Too late.", delay_ms=20_000, times=1), Rule(reply="Second wind."))
    await docker.start()
    async with asyncio.TaskGroup() as tasks:
        sent = tasks.create_task(docker.answer("hello"))
        await docker.until("len(requests) >= 1")
        (name,) = docker.containers()
        subprocess.run(["docker", "kill", name], check=True, capture_output=True, timeout=20)
    assert sent.result() == "Second wind."


@pytest.mark.docker
async def test_an_agent_that_eats_all_memory_is_said_to_have_done_so(docker: Installation) -> None:
    docker.config = ONE_TRY
    docker.sandbox = "memory_mib = 400"
    # The kernel ends what wants most, unless told otherwise: here claude itself, which takes the sandbox along.
    hog = "echo 1000 > /proc/$PPID/oom_score_adj; python3 -c 'b=[]\nwhile 1: b.append(bytearray(1<<24))'"
    eat = ToolCall(name="Bash", input={"command": hog, "description": "eat"})
    docker.script(Rule(when="eat", tool=eat), Rule(reply="Survived."))
    await docker.start()
    result = await docker.send("eat it all")
    assert "ran out of memory" in result["replies"][0]["text"]


@pytest.mark.docker
async def test_an_engine_that_goes_away_in_the_middle_costs_no_message(docker: Installation) -> None:
    docker.config = "[agents]\nretry_seconds = [1, 1, 1, 2, 2, 4]\n"
    docker.script(Rule(reply="Too late.", delay_ms=60_000, times=1), Rule(reply="Back again."))
    with tempfile.TemporaryDirectory(prefix="nc") as folder:
        async with engine_proxy(Path(folder) / "docker.sock") as engine:
            docker.environment["DOCKER_HOST"] = f"unix://{engine.path}"
            await docker.start()
            async with asyncio.TaskGroup() as tasks:
                sent = tasks.create_task(docker.answer("hello"))
                await docker.until("len(requests) >= 1")
                await engine.cut()
                await docker.until("status['queue']['waiting_turns'] == 1")
                await asyncio.sleep(1.5)
                await engine.mend()
            assert sent.result() == "Back again."
            assert await docker.outgoing() == ["Back again."]
            await docker.stop()


@pytest.mark.docker
async def test_an_engine_that_is_not_there_is_said_to_be_so(docker: Installation) -> None:
    docker.environment["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    docker.write_config()
    started = docker.run("run")
    assert started.returncode == 1
    assert "docker" in started.stderr.lower()
    assert "hint:" in started.stderr


async def test_a_database_that_another_process_locks_is_said_to_be_locked(docker: Installation) -> None:
    await docker.start()
    await docker.stop()
    holder = apsw.Connection(str(docker.home / "store" / "messages.db"))
    holder.execute("BEGIN IMMEDIATE").fetchall()
    try:
        started = docker.run("run")
    finally:
        holder.close()
    assert started.returncode == 1
    assert "locked by another process" in started.stderr


@pytest.mark.parametrize("command", [("run",), ("messages", "list"), ("groups", "list")])
async def test_a_corrupt_database_is_never_shown_as_empty(docker: Installation, command: tuple[str, ...]) -> None:
    docker.write_config()
    assert docker.run("groups", "list").returncode == 0
    database = docker.home / "store" / "messages.db"
    database.write_bytes(b"this is no database, whatever its name says" * 100)
    result = docker.run(*command)
    assert result.returncode == (78 if command == ("run",) else 1)
    assert "damaged" in result.stderr
    assert "backup" in result.stderr
    assert "Traceback" not in result.stderr
    assert database.read_bytes().startswith(b"this is no database")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[agents]\nat_once = 0\n", ("line 3", "agents.at_once", "greater than 0")),
        ("[agents]\nat_onec = 3\n", ("line 3", "agents.at_onec", "no such setting")),
        ("[assistant]\ntime_zone = 'Mars'\n", ("assistant.time_zone", "Europe/Zurich")),
        ("[agents\n", ("not valid TOML", "line 2")),
    ],
)
async def test_a_wrong_setting_is_named_with_its_line(
    docker: Installation, config: str, words: tuple[str, ...]
) -> None:
    docker.home.mkdir(mode=0o700)
    (docker.home / "config.toml").write_text("\n" + config)
    started = docker.run("run")
    assert started.returncode == 78
    for word in words:
        assert word in started.stderr
    assert "Traceback" not in started.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
async def test_a_full_disk_refuses_messages_and_loses_none(docker: Installation, tmp_path: Path) -> None:
    docker.home.mkdir(mode=0o700)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs", str(docker.home)], check=True, timeout=10
    )
    try:
        await docker.start()
        await docker.add_group("family")
        stored = await docker.send("before", group="family")
        ballast = docker.home / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        status, problem = await docker.request("POST", "/v1/messages", {"group": "family", "text": "x" * 200_000})
        assert status == 500
        assert "No room left" in problem["error"] or "disk" in problem["error"].lower()
        ballast.unlink()
        after = await docker.send("after", group="family")
        assert after["message_id"] > stored["message_id"]
        lines = (await docker.get("/v1/messages?group=family"))["messages"]
        assert [line["text"] for line in lines] == ["before", "after"]
        await docker.stop()
    finally:
        subprocess.run(["umount", "-l", str(docker.home)], check=False, timeout=10)

"""A whole daemon on a disk that fills up while it works: nothing is lost, it says so, and it goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.stub_model.script import Rule
from tests.fakes.small_disk import fill, small_disk
from tests.integration.conftest import end
from tests.integration.installation import Installation

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
async def small(
    tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[object, str]
) -> AsyncIterator[Installation]:
    """An installation on bubblewrap whose home is a small disk."""
    with small_disk(tmp_path / "nc", 64) as place:
        config = "[backup]\nenabled = false\n"
        made = Installation(
            place,
            *model,  # type: ignore[arg-type]
            scrubbed_environment,
            "bubblewrap",
            config=config,
        )
        yield made
        await end(made)


async def test_a_disk_that_fills_up_in_the_middle_of_a_turn_loses_nothing(small: Installation) -> None:
    small.script(Rule(when="slow", reply="Here it is.", delay_ms=4000), Rule(reply="Hello."))
    await small.start()
    assert await small.answer("hello") == "Hello."
    pid = (await small.get("/v1/status"))["pid"]
    assert (await small.send("slow", wait=0.5))["outcome"] == "timed_out"
    filler = fill(small.home, leave=0)
    async with asyncio.timeout(30):
        while "worker broke" not in small.log_events() and (await small.get("/v1/status"))["agents"]:
            await asyncio.sleep(0.1)
    status, problem = await small.request("POST", "/v1/messages", {"group": "main", "text": "x" * 300_000})
    assert (status, problem["hint"]) == (500, "Free space on that disk: `nanoclaw clean` may find some.")
    shown = await small.get("/v1/status")
    assert "is full: 0 MiB are left" in shown["last_errors"][0]["what"]
    assert (shown["pid"], shown["queue"]["running_turns"]) == (pid, 1)
    filler.unlink()
    await small.answer("and now?")
    lines = (await small.get("/v1/messages?group=main"))["messages"]
    assert [line["text"] for line in lines if line["direction"] == "in"] == ["hello", "slow", "and now?"]
    assert (await small.get("/v1/status"))["pid"] == pid
    await small.stop()
    await small.start()
    async with asyncio.timeout(30):
        while "Here it is." not in await small.outgoing():
            await asyncio.sleep(0.1)


async def test_a_daemon_that_starts_on_a_full_disk_says_so_and_works_when_there_is_room(small: Installation) -> None:
    await small.start()
    await small.answer("hello")
    await small.send("are you there?", wait=0)
    await small.kill()
    filler = fill(small.home, leave=0)
    asked = await asyncio.to_thread(small.run, "status")
    assert "is full: 0 MiB are left" in asked.stdout, asked.stderr
    await small.start()
    shown = await small.get("/v1/status")
    assert "is full: 0 MiB are left" in shown["last_errors"][0]["what"]
    for command in (("doctor", "--fix"), ("clean",), ("backup", "create")):
        ran = await asyncio.to_thread(small.run, *command)
        assert "unexpectedly" not in ran.stderr, (command, ran.stderr)
        assert ran.returncode in {0, 1, 2}, (command, ran.stderr)
    filler.unlink()
    await small.answer("and now?")
    lines = (await small.get("/v1/messages?group=main"))["messages"]
    assert [line["text"] for line in lines if line["direction"] == "in"] == ["hello", "are you there?", "and now?"]
    assert await small.stop() == 0


async def test_where_not_even_the_databases_can_be_opened_it_ends_with_the_reason(small: Installation) -> None:
    await small.start()
    await small.stop()
    filler = fill(small.home, leave=0)
    for command in ("run", "status"):
        ran = await asyncio.to_thread(small.run, command)
        assert ran.returncode == 1
        assert ran.stderr.startswith("error: No room left to open"), ran.stderr
        assert "nanoclaw clean" in ran.stderr
    filler.unlink()
    await small.start()
    assert await small.stop() == 0

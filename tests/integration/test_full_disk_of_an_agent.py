"""An agent whose own disk is full: it answers, and its conversation goes on with what could be written of it."""

import asyncio
import json
import mmap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.stub_model.script import Rule
from tests.fakes.small_disk import fill, small_disk
from tests.integration.conftest import end
from tests.integration.installation import Installation

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
async def installation(
    tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[object, str]
) -> AsyncIterator[Installation]:
    """An installation on bubblewrap: transcripts lie on one small disk, the log on another."""
    made = Installation(tmp_path / "nc", *model, scrubbed_environment, "bubblewrap")  # type: ignore[arg-type]
    made.write_config()
    (made.home / "data").mkdir(mode=0o700)
    with small_disk(made.home / "data" / "sessions", 8), small_disk(made.home / "logs", 1):
        yield made
        await end(made)


def remembered(installation: Installation) -> list[str]:
    """Which of the test's words the newest request to the model holds."""
    body = [request for request in installation.model.requests if not request.is_side_request][-1].body
    assert body is not None
    told = json.dumps(body["messages"])
    return [word for word in ("violet", "plum", "cherry", "peach") if word in told]


async def test_it_answers_is_not_entered_unrecorded_and_goes_on_from_what_could_be_written(
    installation: Installation,
) -> None:
    installation.script(Rule(reply="Noted."))
    await installation.start()
    assert await installation.answer("violet") == "Noted."
    filler = fill(installation.home / "data" / "sessions", leave=0)
    assert await installation.answer("plum") == "Noted."
    await nobody_enters_unrecorded(installation)
    filler.unlink()
    assert await installation.answer("cherry") == "Noted."
    assert remembered(installation) == ["violet", "plum", "cherry"], "the same agent has it in its memory"
    await installation.stop()
    await installation.start()
    assert await installation.answer("peach") == "Noted."
    assert set(remembered(installation)) >= {"violet", "cherry", "peach"}
    history = (await installation.get("/v1/messages?group=main"))["messages"]
    assert [line["text"] for line in history if line["direction"] == "in"] == ["violet", "plum", "cherry", "peach"]


async def nobody_enters_unrecorded(installation: Installation) -> None:
    """Try to, while the log's disk is full and when it is not any more."""
    enter = ("containers", "exec", "main", "--", "touch", "/workspace/group/was-here")
    log, trace = installation.home / "logs" / "nanoclaw.log", installation.home / "groups" / "main" / "was-here"
    with log.open("ab") as file:
        # Nor is there room in the last page that it has already.
        file.write(b" " * (-log.stat().st_size % mmap.PAGESIZE))
    filler = fill(log.parent, leave=0)
    before = log.read_bytes()
    refused = await asyncio.to_thread(installation.run, *enter)
    assert refused.stderr == (
        f"error: {log} cannot be written: No space left on device\n"
        "hint: Nobody enters unrecorded: free space on its disk, or mend its mode or owner.\n"
    )
    assert (refused.returncode, log.read_bytes(), trace.exists()) == (1, before, False)
    filler.unlink()
    entered = await asyncio.to_thread(installation.run, *enter)
    assert (entered.returncode, trace.exists()) == (0, True), entered.stderr
    assert "sandbox entered" in installation.log_events()

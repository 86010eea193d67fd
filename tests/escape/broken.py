"""Attempts to break what the agent runs on: its program, memory, disk."""

import asyncio
import time

from nanoclaw.stub_model.script import Rule, ToolCall
from tests.escape.attempt import PYTHON
from tests.escape.field import Field, command
from tests.escape.steps import python


async def killed_program(field: Field) -> str:
    starts = field.installation.log_events().count("agent broke")
    outcome, _ = await field.turn("kill all", command("kill -9 -1"), wait=60)
    assert outcome["outcome"] == "answered", outcome
    assert field.installation.log_events().count("agent broke") > starts, "nothing was killed"
    await field.goes_on()
    return "starts again"


async def halted_program(field: Field) -> str:
    halt = python(PYTHON + "import signal\nos.kill(claude(), signal.SIGSTOP)\ntime.sleep(30)")
    field.installation.script(Rule(when="halt", tool=halt, times=1), Rule(reply="Here."))
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(field.installation.send("halt", group="family", wait=60))
        await asyncio.sleep(4)
        began = time.monotonic()
        await field.installation.send("/stop", group="family", wait=0)
        outcome = await working
    assert outcome["outcome"] == "stopped", outcome
    assert time.monotonic() - began < 15
    await field.goes_on()
    return "`/stop` ends it"


async def memory_bomb(field: Field) -> str:
    bomb = python("held = []\nfor _ in range(60):\n    held.append(b'x' * (50 << 20))\nprint('unbounded')")
    _, results = await field.turn("memory bomb", bomb, wait=90)
    assert not [result for result in results if "unbounded" in result.text]
    await field.goes_on()
    return "ended by the limit"


async def disk_bomb(field: Field) -> str:
    (field.workspace / "keep.txt").write_text("mine")
    fill = command(
        "for n in 1 2 3 4; do head -c 60M /dev/zero > fill$n; sync; done; python3 -c 'import time; time.sleep(40)'"
    )
    return await _overfill(field, fill, "of 160 MiB", "fill*")


async def inode_bomb(field: Field) -> str:
    fill = python("import time\nfor n in range(20_000):\n    open(f'inode{n}', 'w').close()\ntime.sleep(30)")
    return await _overfill(field, fill, "4,000 files", "inode*")


async def _overfill(field: Field, fill: ToolCall, words: str, pattern: str) -> str:
    (field.workspace / "keep.txt").write_text("mine")
    outcome, _ = await field.turn("overfill", fill, wait=60)
    assert outcome["outcome"] == "failed", outcome
    assert words in str(outcome["replies"]), outcome
    assert (field.workspace / "keep.txt").read_text() == "mine"
    assert await field.installation.answer("hello", group="work")
    for path in field.workspace.glob(pattern):
        path.unlink()
    await field.goes_on()
    return "the turn is stopped"

"""A task's script: run in a sandbox of the group's before the agent, which it may let sleep."""

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from nanoclaw.agents.launch import Launcher
from nanoclaw.model.groups import Group

_SECONDS = 300.0
_OUTPUT_LIMIT = 64 * 1024
_DATA_LIMIT = 20_000
_PIECE = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptResult:
    """What a script decided: whether to wake the agent, and with which data. ``error``: it failed."""

    wake: bool
    data: str = ""
    error: str = ""


async def run_script(launcher: Launcher, group: Group, script: str, seconds: float = _SECONDS) -> ScriptResult:
    """Run a script with ``sh`` in the group's folder; its last line is ``{"wakeAgent": bool, "data": anything}``.

    Raises:
        SandboxError: there is no sandbox to run it in.
        AgentLostError: the group's folders are full.
    """
    start = await launcher.prepare_script(group, script)
    try:
        async with asyncio.timeout(seconds):
            status, output = await _run((str(start.script),))
    except TimeoutError:
        return ScriptResult(wake=False, error=f"its script did not end within {seconds:.0f} seconds")
    finally:
        await asyncio.shield(start.end())
    if status != 0:
        return ScriptResult(wake=False, error=f"its script ended with status {status}")
    return read_verdict(output)


def read_verdict(output: str) -> ScriptResult:
    """What the last line of a script's output says."""
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "")
    try:
        said = json.loads(last)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, Mapping) or not isinstance(said.get("wakeAgent"), bool):
        return ScriptResult(wake=False, error='its script\'s last line is not {"wakeAgent": true or false}')
    data = said.get("data")
    text = data if isinstance(data, str) else "" if data is None else json.dumps(data, ensure_ascii=False)
    return ScriptResult(wake=said["wakeAgent"], data=text[:_DATA_LIMIT])


async def _run(command: tuple[str, ...]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
    )
    try:
        output = b""
        while process.stdout is not None and (piece := await process.stdout.read(_PIECE)):
            # The end is what counts; the rest of a flood is let go.
            output = (output + piece)[-_OUTPUT_LIMIT:]
        return await process.wait(), output.decode("utf-8", "replace")
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

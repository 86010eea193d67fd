"""Backups beside the daemon: each command is a process of its own."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.operations.alerts.contract import Alert, Level
from nanoclaw.operations.backup.routine import CommandEnd, Routine, RoutineHands
from nanoclaw.settings.home import Home, mount_allowlist, process_environment

_LONGEST_SECONDS = 6 * 3600
_GRACE_SECONDS = 5
_SAID = 4000


def open_routine(ground: Ground, tidings: Tidings) -> Routine:
    """The backups of this home by themselves."""

    async def tell_owner(text: str, key: str) -> None:
        await tidings.tell(text, key, Alert(level=Level.ERROR, key=key, text=text))

    hands = RoutineHands(run=lambda arguments: _run(ground.home, arguments), tell_owner=tell_owner)
    return Routine(ground.home, ground.settings, mount_allowlist(), ground.clock, hands)


async def _run(home: Home, arguments: tuple[str, ...]) -> CommandEnd:
    """One command, to its end. Whatever interrupts this ends the process, which may be killed at any moment."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "nanoclaw", "--home", str(home.root), "backup", *arguments),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        env=process_environment(),
    )
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            said = (await process.communicate())[1]
    except TimeoutError:
        return CommandEnd(status=1, said=f"it did not end within {_LONGEST_SECONDS // 3600} hours")
    finally:
        await _end(process)
    return CommandEnd(status=process.returncode or 0, said=said[-_SAID:].decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()

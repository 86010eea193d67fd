"""What the daemon does by itself beside messages: backups, and cleaning up."""

import asyncio
from dataclasses import dataclass

from nanoclaw.daemon.backups import open_routine
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.operations.backup.routine import Routine
from nanoclaw.operations.cleaning.routine import CleaningRoutine


@dataclass(frozen=True, slots=True, kw_only=True)
class Chores:
    """Each goes on by itself; none waits for another."""

    backups: Routine
    cleaning: CleaningRoutine

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.backups.run(), name="backups")
            tasks.create_task(self.cleaning.run(), name="cleaning")


def open_chores(ground: Ground, tidings: Tidings) -> Chores:
    """The chores of this home."""
    return Chores(
        backups=open_routine(ground, tidings), cleaning=CleaningRoutine(ground.home, ground.settings, ground.clock)
    )

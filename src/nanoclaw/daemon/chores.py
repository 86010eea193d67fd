"""What goes on beside messages: backups, cleaning up, a look at the disk, and accounts that are being linked."""

import asyncio
from dataclasses import dataclass

from nanoclaw.daemon.answers.pairing import PairingRecords
from nanoclaw.daemon.backups import open_routine
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.daemon.room import RoomWatch
from nanoclaw.daemon.shelves import Shelves
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.operations.backup.routine import Routine
from nanoclaw.operations.cleaning.routine import CleaningRoutine


@dataclass(frozen=True, slots=True, kw_only=True)
class Chores:
    """Each goes on by itself; none waits for another."""

    backups: Routine
    cleaning: CleaningRoutine
    pairing: PairingRecords
    room: RoomWatch

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.backups.run(), name="backups")
            tasks.create_task(self.cleaning.run(), name="cleaning")
            tasks.create_task(self.pairing.run(), name="pairing")
            tasks.create_task(self.room.run(), name="room")


def open_chores(ground: Ground, tidings: Tidings, store: Shelves, roster: Roster) -> Chores:
    """The chores of this home. A login is backed up as soon as it is there."""
    backups = open_routine(ground, tidings)
    return Chores(
        backups=backups,
        cleaning=CleaningRoutine(ground.home, ground.settings, ground.clock),
        pairing=PairingRecords(roster, store.people, ground.clock, linked=lambda _channel: backups.hurry()),
        room=RoomWatch(home=ground.home, clock=ground.clock, tidings=tidings),
    )

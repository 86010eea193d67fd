"""Backups by themselves: when what is due, and whom to tell when it fails. The work is done by commands of their own.

A command is a process beside the daemon: it takes neither its processor time nor its memory, and may be killed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.opening import times_of
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.retention import HOUR
from nanoclaw.operations.backup.schedule import newest
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.state import DRILL, VERIFY, read_outcome, read_watched, watch_digest
from nanoclaw.operations.backup.vault import FolderVault
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 60
"""Editors and channels do not tell when they changed a file, so the daemon looks; and at what is due besides."""
_AFTER_FAILURE_SECONDS = 600
_BETWEEN_CHANGES = 10 * 60_000
_DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnd:
    """How a command ended."""

    status: int
    said: str
    """What it wrote to standard error, the end of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineHands:
    """What the routine sets in motion."""

    run: Callable[[tuple[str, ...]], Awaitable[CommandEnd]]
    """Runs ``nanoclaw backup …`` on this home, in a process of its own; cancelling it ends that."""
    tell_owner: Callable[[str, str], Awaitable[None]]
    """A text and its key: each key is told once."""


@dataclass(slots=True)
class Routine:
    """The backups of one home, for as long as its daemon runs."""

    home: Home
    settings: Settings
    mount_allowlist: Path
    clock: Clock
    hands: RoutineHands
    _hurried: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def hurry(self) -> None:
        """Something was made that is worth a backup now, without the usual waits: a new login."""
        self._hurried.set()

    async def run(self) -> None:
        """Work until cancelled; at once over when backups are switched off."""
        if not self.settings.backup.enabled:
            return
        await self._pause(self.settings.backup.settle_minutes * 60)
        while True:
            try:
                done = await self.round()
            except (NanoclawError, OSError) as error:
                logger.error("cannot tell which backups are due", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
                done = False
            await self._pause(_LOOK_SECONDS if done else _AFTER_FAILURE_SECONDS)

    async def round(self) -> bool:
        """Do what is due now; whether all of it worked."""
        hurried = self._hurried.is_set()
        self._hurried.clear()
        kind = await asyncio.to_thread(self._due)
        if kind is None and hurried:
            kind = Kind.CHANGE
        if kind is not None:
            made = await self._do(kind, "create", "--kind", kind, "--gently")
            # Also where that failed: it may be for want of the room that this frees.
            thinned = kind is Kind.CHANGE or await self._do("prune", "prune")
            if not (made and thinned):
                return False
        # By what was done last, not by the backup that was made just now: a copy that failed beside it, or a daemon
        # that was stopped, would else put these off for a week.
        if await asyncio.to_thread(self._week_is_over, VERIFY) and not await self._do(
            "verify", "verify", "--repair", "--gently"
        ):
            return False
        if self.settings.backup.drill and await asyncio.to_thread(self._week_is_over, DRILL):
            return await self._do("drill", "drill", "--gently")
        return True

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.wait()

    def _due(self) -> Kind | None:
        names = Repository(FolderVault(self.home.backups, leave_free=0), None, self.clock).names()
        now = self.clock.now()
        kind = times_of(self.settings).due(names, now)
        if kind is not None or watch_digest(self.home, self.mount_allowlist) == read_watched(self.home):
            return kind
        last = newest(names, Kind.CHANGE)
        recent = last is not None and now - _BETWEEN_CHANGES < last.at <= now
        return None if recent else Kind.CHANGE

    def _week_is_over(self, what: str) -> bool:
        last = read_outcome(self.home, what)
        return times_of(self.settings).week_is_over(last.at if last else None, self.clock.now())

    async def _do(self, what: str, *arguments: str) -> bool:
        end = await self.hands.run(arguments)
        if end.status == 0:
            logger.info("backup done", extra={"what": what})
            return True
        said = " ".join(end.said.split())[:500] or f"status {end.status}"
        logger.error("backup failed", extra={"what": what, "error": said})
        text = f"Backup trouble ({what}): {said} Look at it with `nanoclaw backup {arguments[0]}`."
        await self.hands.tell_owner(text, f"backup-{what}-{self.clock.now() // _DAY}")
        return False

"""Clean a home: list what can go, and remove it unless only the list was asked for."""

import asyncio
import threading
from dataclasses import dataclass, field

from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.swap import is_pending
from nanoclaw.operations.cleaning.findings import Find, Kind
from nanoclaw.operations.cleaning.removing import Remover
from nanoclaw.operations.cleaning.seeking import Ground, seek
from nanoclaw.operations.containers.images import Freed, Stale, free
from nanoclaw.operations.containers.images import seek as seek_images
from nanoclaw.operations.databases.names import databases
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings
from nanoclaw.store.errors import StoreError
from nanoclaw.store.survey import Wanted, log_size, read_wanted, shorten_log

_WORTH_CUTTING = 1 << 20
_NEEDED_BY_THE_DATABASE = {Kind.TRANSCRIPT, Kind.ATTACHMENT, Kind.OUTGOING}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCut:
    """A database's write-ahead log: its bytes before and after, or before and expected."""

    database: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What was removed, or would be. ``notes`` say what was left alone, and why."""

    dry_run: bool
    removed: tuple[Find, ...] = ()
    failed: tuple[tuple[Find, str], ...] = ()
    logs: tuple[LogCut, ...] = ()
    images: tuple[Stale, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """All of it together; images are not in the home, and counted all the same."""
        return (
            sum(one.bytes for one in self.removed)
            + sum(one.before - one.after for one in self.logs)
            + sum(one.image.bytes for one in self.images)
        )


@dataclass(slots=True)
class Cleaning:
    """One cleaning of one home. ``alone``: no daemon runs, and none can start meanwhile."""

    home: Home
    settings: Settings
    clock: Clock
    alone: bool = False
    dry_run: bool = False
    halt: threading.Event = field(default_factory=threading.Event)
    """Set from anywhere: the work ends after the thing in hand."""
    notes: list[str] = field(default_factory=list)

    async def run(self) -> Cleaned:
        """Do it; never fails as a whole, but says what it left alone."""
        try:
            removed, failed, logs = await asyncio.to_thread(self._files)
        except asyncio.CancelledError:
            self.halt.set()
            raise
        stale = await self._images()
        return Cleaned(
            dry_run=self.dry_run, removed=removed, failed=failed, logs=logs, images=stale, notes=tuple(self.notes)
        )

    def _files(self) -> tuple[tuple[Find, ...], tuple[tuple[Find, str], ...], tuple[LogCut, ...]]:
        ground = Ground(
            home=self.home,
            settings=self.settings,
            wanted=self._wanted(),
            now=self.clock.now() / 1000,
            alone=self.alone,
        )
        removed: list[Find] = []
        failed: list[tuple[Find, str]] = []
        with Remover() as remover:
            for find in self._still_useless(tuple(seek(ground)), ground.wanted):
                if self.halt.is_set():
                    break
                problem = "" if self.dry_run else remover.remove(find)
                if problem:
                    failed.append((find, problem))
                else:
                    removed.append(find)
        return tuple(removed), tuple(failed), () if self.halt.is_set() else tuple(self._cut_logs())

    def _still_useless(self, finds: tuple[Find, ...], wanted: Wanted | None) -> tuple[Find, ...]:
        """What was found, but for what the database may need since: a restore may have put another in its place."""
        if wanted is None or self._wanted() == wanted:
            return finds
        self.notes.append("Conversations, attachments and sent files stay: something changed meanwhile; clean again")
        return tuple(find for find in finds if find.kind not in _NEEDED_BY_THE_DATABASE)

    def _wanted(self) -> Wanted | None:
        if is_pending(self.home):
            self.notes.append("Conversations, attachments and sent files stay: a restore is under way")
            return None
        try:
            return read_wanted(self.home.database)
        except StoreError as error:
            self.notes.append(f"Conversations, attachments and sent files stay: {error}")
            return None

    def _cut_logs(self) -> list[LogCut]:
        cuts = []
        for one in databases(self.home):
            before = log_size(one.path)
            if before < _WORTH_CUTTING:
                continue
            try:
                after = 0 if self.dry_run else shorten_log(one.path)
            except StoreError as error:
                self.notes.append(f"The log of the {one.name} stays: {error}")
            else:
                cuts.append(LogCut(database=one.name, before=before, after=after))
        return cuts

    async def _images(self) -> tuple[Stale, ...]:
        days = self.settings.clean.image_days
        if not days:
            return ()
        try:
            sought = await seek_images(self.home, before=self.clock.now() / 1000 - days * 86_400)
            freed = Freed(removed=sought.stale, failed=()) if self.dry_run else await free(sought.stale)
        except NanoclawError as error:
            self.notes.append(f"Agent images stay: {error}")
            return ()
        self.notes += [f"Agent images of {one.kind} stay: {one.problem}" for one in sought.silent]
        self.notes += [problem for _, problem in freed.failed]
        return freed.removed

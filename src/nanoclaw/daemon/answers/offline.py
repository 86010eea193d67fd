"""The control service without a daemon: what can be read and registered in a home's files."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from nanoclaw.control.insight_shapes import (
    CpuProfile,
    CpuProfileRequest,
    FigureList,
    FigureQuery,
    MemoryProfile,
    MemoryProfileRequest,
    PlainText,
    StackList,
)
from nanoclaw.control.pairing_shapes import PairingQuery, PairingShape, PairRequest
from nanoclaw.control.shapes import (
    AddGroupRequest,
    ChangeChatsRequest,
    ChangeGroupRequest,
    Done,
    GroupList,
    GroupShape,
    LiveEvent,
    MessageList,
    MessageQuery,
    SendRequest,
    SendResult,
    Status,
)
from nanoclaw.control.trial_shapes import ProbeShape, TrialRequest, TrialShape
from nanoclaw.daemon.answers.desks import AtDesks, Desks
from nanoclaw.daemon.answers.insight import stored_figures
from nanoclaw.daemon.answers.owner_chats import NewsRecords, OfflineChannels
from nanoclaw.daemon.answers.people import PeopleRecords
from nanoclaw.daemon.answers.records import Records
from nanoclaw.daemon.answers.tasks import TaskRecords
from nanoclaw.daemon.answers.usage import UsageRecords
from nanoclaw.daemon.lock import hold
from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.daemon.shelves import Shelves, open_shelves
from nanoclaw.model.clock import Clock, SystemClock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.swap import finish as finish_restore
from nanoclaw.operations.figures.history import History
from nanoclaw.scheduling.book import Book
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings, load_upstream, time_zone
from nanoclaw.settings.schema import Settings
from nanoclaw.store.database import Database
from nanoclaw.store.tasks import MIGRATIONS


class NotRunningError(NanoclawError):
    """This needs a running daemon."""

    def __init__(self) -> None:
        super().__init__("nanoclaw is not running", hint="Start it with `nanoclaw run`, or talk with `nanoclaw chat`.")


class NoHomeError(NanoclawError):
    """Nothing has been set up at this place yet."""


@asynccontextmanager
async def open_service(home: Home) -> AsyncIterator["OfflineService"]:
    """The service of a home whose daemon is down. Holds the home's lock, so that no daemon starts meanwhile.

    A home that does not exist is not made: it reads as empty, and nothing can be registered in it.

    Raises:
        HomeInUseError: a daemon is starting, stopping or hanging.
        StoreError, SettingsError: the home cannot be read.
    """
    os.umask(0o077)
    if home.root.exists():
        home.create()
        with hold(home.lock):
            finish_restore(home)
            async with _service(home, home) as service:
                yield service
    else:
        with TemporaryDirectory(prefix="nanoclaw-") as folder:
            scratch = Home(Path(folder))
            scratch.create()
            async with _service(home, scratch) as service:
                yield service


@asynccontextmanager
async def _service(home: Home, files: Home) -> AsyncIterator["OfflineService"]:
    settings, upstream, clock = load_settings(home), load_upstream(home), SystemClock()
    database = await Database.open(files.database)
    tasks: Database | None = None
    try:
        tasks = await Database.open(files.task_database, MIGRATIONS)
        store = open_shelves(database, tasks, clock, settings)
        records = Records(home, settings, store.groups, store.history)
        source = upstream.credential.source if upstream.credential else ""
        yield OfflineService(records, _desks(home, store, settings, clock), model_key=source, exists=home is files)
    finally:
        if tasks is not None:
            await tasks.close()
        await database.close()


def _desks(home: Home, store: Shelves, settings: Settings, clock: Clock) -> Desks:
    zone = time_zone(settings)
    book = Book(store.tasks, store.groups.find, clock, zone, lambda: None)
    return Desks(
        people=PeopleRecords(store.people),
        tasks=TaskRecords(book, store.groups, home.root),
        usage=UsageRecords(store.usage, zone),
        trials=_NoTrials(),
        insight=_StoredInsight(home, clock),
        pairing=_NoPairing(),
        channels=OfflineChannels(_news(home, store, settings), _refuse),
    )


def _news(home: Home, store: Shelves, settings: Settings) -> NewsRecords:
    chats = OwnerChats(store.groups, store.people, settings.alerts.chats, lambda _name: False)
    return NewsRecords(home, chats, store.groups, None)


def _refuse() -> NoReturn:
    raise NotRunningError


class _NoTrials:
    """They need the daemon."""

    def hold(self, request: TrialRequest) -> AbstractAsyncContextManager[TrialShape]:
        raise NotRunningError

    async def probe(self, channel: str) -> ProbeShape:
        raise NotRunningError


class _NoPairing:
    """It needs a channel that runs."""

    async def begin(self, channel: str, request: PairRequest) -> PairingShape:
        raise NotRunningError

    async def look(self, channel: str, query: PairingQuery) -> PairingShape:
        raise NotRunningError

    async def give_up(self, channel: str) -> Done:
        raise NotRunningError

    async def logout(self, channel: str) -> Done:
        raise NotRunningError


class _StoredInsight:
    """Figures that were written down; there is nothing to look into."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._history = History(home.figures)
        self._clock = clock

    async def figures(self, query: FigureQuery) -> FigureList:
        return stored_figures(self._history, query, self._clock)

    async def metrics(self) -> PlainText:
        raise NotRunningError

    async def cpu(self, request: CpuProfileRequest) -> CpuProfile:
        raise NotRunningError

    async def memory(self, request: MemoryProfileRequest) -> MemoryProfile:
        raise NotRunningError

    async def stacks(self) -> StackList:
        raise NotRunningError


class OfflineService(AtDesks):
    """Reads and registers; everything that needs an agent is refused."""

    def __init__(self, records: Records, desks: Desks, *, model_key: str, exists: bool) -> None:
        super().__init__(desks)
        self._records = records
        self._model_key = model_key
        self._exists = exists

    async def status(self) -> Status:
        """What the files tell."""
        return await self._records.status(model_key=self._model_key)

    async def groups(self) -> GroupList:
        """All groups."""
        return await self._records.groups()

    async def group(self, folder: str) -> GroupShape:
        """One group."""
        return await self._records.group(folder)

    async def add_group(self, request: AddGroupRequest) -> GroupShape:
        """Register a group."""
        if not self._exists:
            raise NoHomeError("There is no home folder yet", hint="`nanoclaw chat` makes it; or name one with --home.")
        return await self._records.add_group(request)

    async def remove_group(self, folder: str) -> Done:
        """Forget a group's registration."""
        return await self._records.remove_group(folder)

    async def change_group(self, folder: str, request: ChangeGroupRequest) -> GroupShape:
        """Change a group's settings."""
        return (await self._records.change_group(folder, request))[1]

    async def change_chats(self, folder: str, request: ChangeChatsRequest) -> GroupShape:
        """Add, take away or prefer a chat of a group."""
        return await self._records.change_chats(folder, request)

    async def messages(self, query: MessageQuery) -> MessageList:
        """History."""
        return await self._records.messages(query)

    async def send(self, request: SendRequest) -> SendResult:
        """Needs the daemon."""
        raise NotRunningError

    @contextmanager
    def watch(self, folder: str) -> Iterator[AsyncIterator[LiveEvent]]:
        """Needs the daemon."""
        raise NotRunningError

    async def expect(self, folder: str) -> Done:
        """Needs the daemon."""
        raise NotRunningError

    async def interrupt(self, folder: str) -> Done:
        """Needs the daemon."""
        raise NotRunningError

    async def stop(self) -> Done:
        """Nothing to stop."""
        return Done(changed=False)

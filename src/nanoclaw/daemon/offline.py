"""The control service without a daemon: what can be read and registered in a home's files."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

from nanoclaw.control.shapes import (
    AddGroupRequest,
    Done,
    GroupList,
    GroupShape,
    LiveEvent,
    MessageList,
    SendRequest,
    SendResult,
    Status,
)
from nanoclaw.daemon.lock import hold
from nanoclaw.daemon.records import Records
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings, load_upstream
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from nanoclaw.store.inbox import Inbox


class NotRunningError(NanoclawError):
    """This needs a running daemon."""

    def __init__(self) -> None:
        super().__init__("nanoclaw is not running", hint="Start it with `nanoclaw run`, or talk with `nanoclaw chat`.")


@asynccontextmanager
async def open_service(home: Home) -> AsyncIterator["OfflineService"]:
    """The service of a home whose daemon is down. Holds the home's lock, so that no daemon starts meanwhile.

    Raises:
        HomeInUseError: a daemon is starting, stopping or hanging.
        StoreError, SettingsError: the home cannot be read.
    """
    fresh = not home.database.exists()
    with nullcontext() if fresh and not home.lock.parent.exists() else hold(home.lock):
        settings, upstream, clock = load_settings(home), load_upstream(home), SystemClock()
        home.create()
        database = await Database.open(home.database)
        try:
            records = Records(home, settings, Groups(database, clock), Inbox(database, clock))
            source = upstream.credential.source if upstream.credential else ""
            yield OfflineService(records, model_key=source)
        finally:
            await database.close()


class OfflineService:
    """Reads and registers; everything that needs an agent is refused."""

    def __init__(self, records: Records, *, model_key: str) -> None:
        self._records = records
        self._model_key = model_key

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
        return await self._records.add_group(request)

    async def remove_group(self, folder: str) -> Done:
        """Forget a group's registration."""
        return await self._records.remove_group(folder)

    async def messages(self, *, group: str | None, limit: int, since: str | None) -> MessageList:
        """History."""
        return await self._records.messages(group=group, limit=limit, since=since)

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

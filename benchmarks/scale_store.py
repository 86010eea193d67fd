"""The store without a daemon, on a large database and on a small one, turn about: catch-up, and searches."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crowd import CrowdGroup
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, Sender
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.groups import GroupId
from nanoclaw.model.turns import TurnState
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from nanoclaw.store.history import History
from nanoclaw.store.inbox import Admission, Inbox, Verdict
from nanoclaw.store.sql import load_queries, rows
from nanoclaw.store.turns import Finish, Turns

_CATCH_UP = 200
_WAKING = Verdict(admission=Admission.WAKE)
_SHOWN = 50


@dataclass(slots=True)
class Shelf:
    """One database, and how long what was done on it took, in seconds."""

    database: Database
    claims: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)
    searches: list[float] = field(default_factory=list)
    caught_up: int = 0
    """Messages that were claimed."""

    async def catch_up(self, group: CrowdGroup) -> None:
        """A message wakes the group; timed are the query that finds what is new, and the claim until it is on disk."""
        clock = SystemClock()
        message = InboundMessage(
            address=ChatAddress(channel=ChannelName("local"), chat=group.folder),
            external_id=f"wake-{time.time_ns()}",
            sender=Sender(id="person-1", name="Person 1"),
            text="wake up",
            sent_at=clock.now(),
        )
        stored = await Inbox(self.database, clock).add(message, lambda _: _WAKING)
        await self._query(group, stored.message)
        turns = Turns(self.database, clock, catch_up=_CATCH_UP)
        began = time.perf_counter()
        turn = await turns.claim(GroupId(group.group))
        self.claims.append(time.perf_counter() - began)
        assert turn is not None
        self.caught_up += len(turn.messages)
        await turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("I am up.",)))

    async def _query(self, group: CrowdGroup, trigger: int) -> None:
        cursor = await self._rows("SELECT cursor FROM chats WHERE id = :chat", {"chat": group.chat})
        values = {"chat": group.chat, "after": cursor[0][0], "trigger": trigger, "turn": 0, "limit": _CATCH_UP}
        began = time.perf_counter()
        await self._rows(load_queries("turns")["claimable"], values)
        self.queries.append(time.perf_counter() - began)

    async def _rows(self, query: str, values: dict[str, int]) -> list[tuple[int, ...]]:
        return await self.database.read(lambda connection: rows(connection, query, values))

    async def forget_cursor(self, group: CrowdGroup) -> int:
        """Let nothing of a chat have been answered yet; how many messages it has."""
        values = {"chat": group.chat}
        await self.database.write(
            lambda connection: rows(connection, "UPDATE chats SET cursor = 0 WHERE id = :chat", values)
        )
        return (await self._rows("SELECT count(*) FROM messages WHERE chat_id = :chat", values))[0][0]

    async def search(self, folder: str, query: str) -> None:
        """In one group's history."""
        group = await Groups(self.database, SystemClock()).find(folder)
        assert group is not None
        history = History(self.database, assistant="Andy")
        began = time.perf_counter()
        await history.search(group, query, limit=_SHOWN)
        self.searches.append(time.perf_counter() - began)


@asynccontextmanager
async def shelf(path: Path) -> AsyncIterator[Shelf]:
    """A database, opened as the daemon opens it."""
    database = await Database.open(path)
    try:
        yield Shelf(database)
    finally:
        await database.close()

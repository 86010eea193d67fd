"""What was said, either direction: the newest lines, and those that hold certain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows
from nanoclaw.store.words import match_expression

_ALWAYS = Milliseconds(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One line of history, either direction. ``id`` is ``in-N`` or ``out-N``."""

    id: str
    at: Milliseconds
    direction: str
    address: ChatAddress
    folder: GroupFolder | None
    sender: str
    text: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """Which lines of history: of one group, of one chat, not older than ``since``, the newest ``limit``."""

    limit: int
    folder: str | None = None
    address: ChatAddress | None = None
    since: Milliseconds = _ALWAYS


class History:
    """Reads. ``assistant`` is the name put on outgoing lines."""

    def __init__(self, database: Database, *, assistant: str) -> None:
        self._database = database
        self._assistant = assistant
        self._sql = load_queries("inbox")

    async def newest(self, wanted: HistoryFilter) -> tuple[HistoryLine, ...]:
        """The newest lines, oldest first."""
        values = {
            "folder": wanted.folder,
            "channel": wanted.address.channel if wanted.address else None,
            "address": wanted.address.chat if wanted.address else None,
            "since": wanted.since,
            "limit": wanted.limit,
            "assistant": self._assistant,
        }
        found = await self._database.read(lambda connection: rows(connection, self._sql["history"], values))
        return tuple(_lines(reversed(found)))

    async def search(self, group: Group, query: str, *, limit: int) -> tuple[HistoryLine, ...]:
        """The newest lines of a group that hold every word of ``query``, newest first.

        Text in double quotes is a phrase, a word that ends in ``*`` a beginning. What a chat said before it belonged
        to the group is not found.
        """
        expression = match_expression(query, f"g{group.id}")
        if expression is None:
            return ()
        values = {"expression": expression, "limit": limit, "folder": group.folder, "assistant": self._assistant}

        def work(connection: apsw.Connection) -> list[tuple[Any, ...]]:
            found = rows(connection, self._sql["find_incoming"], values)
            found += rows(connection, self._sql["find_outgoing"], values)
            return sorted(found, key=lambda row: int(row[1]), reverse=True)[:limit]

        return tuple(_lines(await self._database.read(work)))


def _lines(found: Iterable[tuple[Any, ...]]) -> Iterable[HistoryLine]:
    for identity, at, direction, channel, chat, folder, sender, text, state in found:
        yield HistoryLine(
            id=identity,
            at=Milliseconds(at),
            direction=direction,
            address=ChatAddress(channel=ChannelName(channel), chat=chat),
            folder=GroupFolder(folder) if folder else None,
            sender=sender,
            text=text,
            state=state,
        )

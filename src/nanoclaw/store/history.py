"""What was said, either direction: the newest lines, and those that hold certain words."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import apsw

from nanoclaw.model.chats import Attachment, ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import OutgoingFile, ReplyKind
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows
from nanoclaw.store.words import match_expression

_ALWAYS = Milliseconds(0)
_LAST_ROW = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One line of history, either direction. ``id`` is ``in-N`` or ``out-N``.

    ``name`` is the network's id of an incoming message, the client id of an outgoing one; ``target`` the ``id`` of the
    line that a reaction or an edit is about; ``choices`` what can still be answered.
    """

    id: str
    at: Milliseconds
    direction: str
    address: ChatAddress
    folder: GroupFolder | None
    sender: str
    text: str
    state: str
    name: str = ""
    kind: ReplyKind = ReplyKind.TEXT
    target: str = ""
    file: OutgoingFile | None = None
    attachments: tuple[Attachment, ...] = ()
    choices: tuple[str, ...] = ()


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
        self._sql = load_queries("history")

    async def newest(self, wanted: HistoryFilter) -> tuple[HistoryLine, ...]:
        """The newest lines, oldest first."""
        values = {
            "folder": wanted.folder,
            "channel": wanted.address.channel if wanted.address else None,
            "address": wanted.address.chat if wanted.address else None,
            "since": wanted.since,
            "limit": wanted.limit,
        }
        query = self._sql["newest" if wanted.folder is None and wanted.address is None else "newest_of"]
        found = await self._database.read(lambda connection: rows(connection, query, values))
        return tuple(self._lines(reversed(found)))

    async def line(self, address: ChatAddress, identity: str) -> HistoryLine | None:
        """One line of a chat by its id; None when the chat has no such line."""
        direction, _, row = identity.partition("-")
        if direction not in {"in", "out"} or not row.isdecimal() or int(row) > _LAST_ROW:
            return None
        query = self._sql["incoming_line" if direction == "in" else "outgoing_line"]
        values = {"row": int(row), "channel": address.channel, "address": address.chat}
        found = await self._database.read(lambda connection: rows(connection, query, values))
        return next(self._lines(found), None)

    async def search(self, group: Group, query: str, *, limit: int) -> tuple[HistoryLine, ...]:
        """The newest lines of a group that hold every word of ``query``, newest first.

        Text in double quotes is a phrase, a word that ends in ``*`` a beginning. What a chat said before it belonged
        to the group is not found.
        """
        found = await self._find(match_expression(query, f"g{group.id}"), limit, ("find_incoming", "find_outgoing"))
        return tuple(self._lines(found, of=group.folder))

    async def search_everywhere(self, query: str, *, limit: int) -> tuple[HistoryLine, ...]:
        """Like :meth:`search`, in all groups: each line with the group in which it was said. For the owner alone."""
        names = ("find_incoming_anywhere", "find_outgoing_anywhere")
        found = await self._find(match_expression(query, None), limit, names)
        return tuple(replace(line, folder=row[-1]) for row, line in zip(found, self._lines(found), strict=True))

    async def _find(self, expression: str | None, limit: int, names: tuple[str, str]) -> list[tuple[Any, ...]]:
        if expression is None:
            return []
        values = {"expression": expression, "limit": limit}

        def work(connection: apsw.Connection) -> list[tuple[Any, ...]]:
            found = [row for name in names for row in rows(connection, self._sql[name], values)]
            return sorted(found, key=lambda row: int(row[1]), reverse=True)[:limit]

        return await self._database.read(work)

    def _lines(self, found: Iterable[tuple[Any, ...]], of: GroupFolder | None = None) -> Iterator[HistoryLine]:
        for row, at, direction, channel, chat, folder, sender, text, state, *rest in found:
            name, kind, target, file, attachments, options = rest[:6]
            yield HistoryLine(
                id=f"{direction}-{row}",
                at=Milliseconds(at),
                direction=direction,
                address=ChatAddress(channel=ChannelName(channel), chat=chat),
                folder=of or (GroupFolder(folder) if folder else None),
                sender=self._assistant if sender is None else sender,
                text=text,
                state=state,
                name=name,
                kind=ReplyKind(kind),
                target=target or "",
                file=OutgoingFile(**json.loads(file)) if file else None,
                attachments=tuple(Attachment(**one) for one in json.loads(attachments)) if attachments else (),
                choices=tuple(json.loads(options)) if options else (),
            )

"""Incoming messages: on disk before anyone is told that they arrived, each once."""

from collections.abc import Callable
from dataclasses import dataclass

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, MessageId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.turns import TurnId
from nanoclaw.store.database import Database
from nanoclaw.store.rows import group_from, message_values
from nanoclaw.store.sql import load_queries, rows

Triggers = Callable[[Group, InboundMessage], bool]
"""Whether a message wakes its group's agent."""

_UNREGISTERED = MessageId(0)
_ALWAYS = Milliseconds(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of an incoming message. ``message`` is 0 and ``group`` None when its chat is not registered."""

    message: MessageId
    group: Group | None
    duplicate: bool
    turn: TurnId | None


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


class Inbox:
    """Takes messages in and shows history."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("inbox")

    async def add(self, message: InboundMessage, triggers: Triggers) -> Stored:
        """Store a message and, if it triggers, the turn that will answer it, in one transaction.

        Of a chat that is not registered only the name and the time are kept. The same external id of the same chat
        twice is the same message, and wakes nobody a second time.

        Raises:
            StoreError: nothing was kept; the network must not be told that the message arrived.
        """
        return await self._database.write(lambda connection: self._add(connection, message, triggers))

    def _add(self, connection: apsw.Connection, message: InboundMessage, triggers: Triggers) -> Stored:
        sql, now = self._sql, self._clock.now()
        values = {
            "channel": message.address.channel,
            "address": message.address.chat,
            "name": message.chat_name,
            "now": now,
        }
        chat, group_id = rows(connection, sql["touch_chat"], values)[0]
        if group_id is None:
            return Stored(message=_UNREGISTERED, group=None, duplicate=False, turn=None)
        group = group_from(rows(connection, sql["group"], {"group": group_id})[0])
        row = {**message_values(message), "chat": chat, "now": now}
        inserted = rows(connection, sql["insert"], row)
        if not inserted:
            known, turn = rows(connection, sql["known"], row)[0]
            return Stored(message=MessageId(known), group=group, duplicate=True, turn=TurnId(turn) if turn else None)
        identity = MessageId(inserted[0][0])
        wakes = not message.from_assistant and triggers(group, message)
        turn_id = self._queue(connection, chat, group.id, identity) if wakes else None
        return Stored(message=identity, group=group, duplicate=False, turn=turn_id)

    def _queue(self, connection: apsw.Connection, chat: int, group: GroupId, message: MessageId) -> TurnId:
        for (waiting,) in rows(connection, self._sql["queued"], {"chat": chat}):
            return TurnId(waiting)
        values = {"chat": chat, "group": group, "message": message, "now": self._clock.now()}
        return TurnId(rows(connection, self._sql["queue"], values)[0][0])

    async def history(self, wanted: HistoryFilter, assistant: str) -> tuple[HistoryLine, ...]:
        """The newest lines, oldest first; ``assistant`` is the name put on outgoing ones."""
        values = {
            "folder": wanted.folder,
            "channel": wanted.address.channel if wanted.address else None,
            "address": wanted.address.chat if wanted.address else None,
            "since": wanted.since,
            "limit": wanted.limit,
            "assistant": assistant,
        }
        found = await self._database.read(lambda connection: rows(connection, self._sql["history"], values))
        return tuple(
            HistoryLine(
                id=identity,
                at=Milliseconds(at),
                direction=direction,
                address=ChatAddress(channel=ChannelName(channel), chat=chat),
                folder=GroupFolder(folder) if folder else None,
                sender=sender,
                text=text,
                state=state,
            )
            for identity, at, direction, channel, chat, folder, sender, text, state in reversed(found)
        )

"""What people do to messages that are there already: edit, take back, react. Inside a transaction of the inbox's.

What the agent has not seen yet is changed where it stands, and the next prompt has it as it is then. What it has seen
cannot be unsaid: a line about the change goes with the next prompt, as a row of ``messages`` whose ``change`` says what
it is. Such a row wakes nobody, but for an edit that makes a message one for the assistant.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from nanoclaw.model.chats import ChangeKind, InboundChange, MessageId
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.people import Role
from nanoclaw.model.turns import ReplyId, TurnId
from nanoclaw.store.people import find_role
from nanoclaw.store.rows import group_from, storable
from nanoclaw.store.sql import load_queries, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a change is about: one of ``message`` and ``reply``; with the role of who makes the change."""

    group: Group
    role: Role | None
    message: MessageId | None = None
    reply: ReplyId | None = None
    own: bool = False
    """Whoever changes it wrote it."""
    held: bool = False
    files: tuple[str, ...] = ()
    """Paths of its files below the group's folder."""
    asked_as: str = ""
    """The ``client_id`` of the assistant's message, if it asked a question."""


Wakes = Callable[[Group, str], bool]
"""Whether a message of this text would be for the assistant."""
Queue = Callable[[apsw.Connection, int, int, MessageId], TurnId]
"""Has a message answered: its chat, its group and itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    chat: int
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    id: MessageId
    sender: str
    files: tuple[str, ...]
    text: str
    kind: str
    held: bool
    woke: bool
    edited_at: int
    deleted: bool
    from_assistant: bool
    seen: bool


def find_target(connection: apsw.Connection, change: InboundChange) -> Target | Group | None:
    """What a change is about; its group when that is nothing we keep, None when its chat is not registered."""
    place = _place(connection, change)
    if place is None:
        return None
    role = find_role(connection, change.address.channel, change.sender.ids, place.group.id)
    message, reply = _sides(connection, place, change)
    if reply is not None:
        asked_as = reply[1] if reply[2] is not None else ""
        return Target(group=place.group, role=role, reply=ReplyId(reply[0]), asked_as=asked_as)
    if message is not None:
        return Target(
            group=place.group,
            role=role,
            message=message.id,
            own=message.sender == storable(change.sender.id),
            held=message.held,
            files=message.files,
        )
    return place.group


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Carries changes out. Each is done once, by its own name."""

    now: Milliseconds
    wakes: Wakes
    queue: Queue

    def apply(self, connection: apsw.Connection, change: InboundChange) -> TurnId | None:
        """Carry one out; the turn that answers it, for an edit that wakes the agent."""
        place = _place(connection, change)
        if place is None:
            return None
        name = {"chat": place.chat, "external_id": change.external_id}
        if rows(connection, _sql()["known"], name):
            return None
        rows(connection, _sql()["note"], {**name, "now": self.now})
        message, reply = _sides(connection, place, change)
        match change.kind:
            case ChangeKind.EDITED if message is not None and not message.deleted:
                return self._edit(connection, place, message, change)
            case ChangeKind.DELETED if message is not None and not message.deleted:
                self._delete(connection, place, message, change)
            case ChangeKind.DELETED if reply is not None:
                self._delete_reply(connection, place, reply[0], change)
            case ChangeKind.REACTED if reply is not None or (message is not None and not message.deleted):
                about = {"message": None if message is None else message.id, "reply": reply[0] if reply else None}
                self._react(connection, place, about, change)
            case _:
                pass
        return None

    def _edit(
        self, connection: apsw.Connection, place: _Place, message: _Message, change: InboundChange
    ) -> TurnId | None:
        if change.at < message.edited_at:
            return None
        values = {"message": message.id, "text": change.text, "at": change.at, "group": place.group.id}
        for query in ("edit", "forget_text", "index_text"):
            rows(connection, _sql()[query], values)
        if message.held or message.kind != "message" or message.from_assistant:
            return None
        trigger = message.id
        if message.seen:
            about = {"message": message.id, "reply": None}
            waiting = [line for line, _, waits in _lines(connection, about, change) if waits]
            trigger = MessageId(self._put_line(connection, place, about, change, waiting))
        woke = message.woke or self.wakes(place.group, message.text)
        if woke or not (change.mentions_assistant or self.wakes(place.group, change.text)):
            return None
        for one in {message.id, trigger}:
            rows(connection, load_queries("inbox")["mark_woke"], {"message": one})
        return self.queue(connection, place.chat, place.group.id, trigger)

    def _delete(self, connection: apsw.Connection, place: _Place, message: _Message, change: InboundChange) -> None:
        values = {"message": message.id, "now": self.now}
        for query in ("blank_answer", "blank_message", "blank_lines", "forget_text"):
            rows(connection, _sql()[query], values)
        release_trigger(connection, place.chat, self.now)
        if message.seen:
            self._put_line(connection, place, {"message": message.id, "reply": None}, change, ())

    def _delete_reply(self, connection: apsw.Connection, place: _Place, reply: int, change: InboundChange) -> None:
        for (one,) in rows(connection, _sql()["blank_reply"], {"reply": reply, "now": self.now}):
            rows(connection, _sql()["forget_reply"], {"reply": one})
        self._put_line(connection, place, {"message": None, "reply": reply}, change, ())

    def _react(
        self, connection: apsw.Connection, place: _Place, about: Mapping[str, int | None], change: InboundChange
    ) -> None:
        """Of one person's reactions to a message only the last is told, and nothing if it is what was told before."""
        lines = _lines(connection, about, change)
        told = next((text for _, text, waits in reversed(lines) if not waits), "")
        waiting = [line for line, _, waits in lines if waits]
        if storable(change.text) == told:
            for line in waiting:
                rows(connection, _sql()["drop_line"], {"line": line, "now": self.now})
        else:
            self._put_line(connection, place, about, change, waiting)

    def _put_line(
        self,
        connection: apsw.Connection,
        place: _Place,
        about: Mapping[str, int | None],
        change: InboundChange,
        waiting: Sequence[int],
    ) -> int:
        """The line about a change; one that waits already says what is so now."""
        text = "" if change.kind is ChangeKind.DELETED else change.text
        for line in waiting[:1]:
            rows(connection, _sql()["rewrite_line"], {"line": line, "text": text, "at": change.at})
            return line
        values = {
            "chat": place.chat,
            "sender": change.sender.id,
            "name": change.sender.name,
            "text": text,
            "at": change.at,
            "now": self.now,
            "change": change.kind,
        }
        return int(rows(connection, _sql()["add_line"], {**values, **about})[0][0])


def release_trigger(connection: apsw.Connection, chat: int, now: Milliseconds) -> None:
    """A turn that waits because of a deleted message goes on for another that woke the agent, or is over."""
    for (turn,) in rows(connection, _sql()["triggerless"], {"chat": chat}):
        others = rows(connection, _sql()["other_trigger"], {"chat": chat})
        if others:
            rows(connection, _sql()["retarget"], {"turn": turn, "message": others[0][0]})
        else:
            rows(connection, _sql()["cancel"], {"turn": turn, "now": now})


def _place(connection: apsw.Connection, change: InboundChange) -> _Place | None:
    values = {"channel": change.address.channel, "address": change.address.chat}
    for row in rows(connection, _sql()["place"], values):
        return _Place(chat=row[0], group=group_from(row[1:]))
    return None


def _sides(
    connection: apsw.Connection, place: _Place, change: InboundChange
) -> tuple[_Message | None, tuple[Any, ...] | None]:
    """The message or the reply that is meant; at most one of them.

    Networks echo what the assistant sends, under the same id; and in a chat of two a person may choose that of ours.
    """
    values = {"chat": place.chat, "target": change.target}
    found = rows(connection, _sql()["message"], values)
    message = _message(found[0]) if found else None
    own = message is not None and message.sender == storable(change.sender.id)
    if change.kind is ChangeKind.EDITED or (own and change.kind is ChangeKind.DELETED):
        return message, None
    reply = next(iter(rows(connection, _sql()["reply"], values)), None)
    return (message, None) if reply is None else (None, reply)


def _message(row: Sequence[Any]) -> _Message:
    attachments = json.loads(row[2]) if row[2] else []
    return _Message(
        id=MessageId(row[0]),
        sender=row[1],
        files=tuple(one["path"] for one in attachments if one["path"]),
        text=row[3],
        kind=row[4],
        held=bool(row[5]),
        woke=bool(row[6]),
        edited_at=row[7] or 0,
        deleted=row[8] is not None,
        from_assistant=bool(row[9]),
        seen=bool(row[10]),
    )


def _lines(
    connection: apsw.Connection, about: Mapping[str, int | None], change: InboundChange
) -> list[tuple[int, str, bool]]:
    """What this person did to this message before, in this way: the row, its text, whether it waits to be told."""
    values = {**about, "change": change.kind, "sender": change.sender.id}
    return [(line, text, bool(waits)) for line, text, waits in rows(connection, _sql()["lines_about"], values)]


def _sql() -> Any:
    return load_queries("changes")

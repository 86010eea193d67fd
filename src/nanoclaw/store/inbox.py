"""Incoming messages: on disk before anyone is told that they arrived, each once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress, InboundChange, InboundMessage, MessageId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.people import Role
from nanoclaw.model.questions import Question, QuestionPurpose, QuestionState
from nanoclaw.model.turns import TurnId
from nanoclaw.store.changes import Revision, Target, Wakes, find_target
from nanoclaw.store.database import Database
from nanoclaw.store.people import find_role
from nanoclaw.store.questions import question_from
from nanoclaw.store.rows import group_from, message_values
from nanoclaw.store.sql import load_queries, rows

_NOT_KEPT = MessageId(0)
_HELD_AT_MOST = 20


class Admission(StrEnum):
    """What is done with an incoming message."""

    STORE = "store"
    WAKE = "wake"
    """Store it, and have it answered."""
    COMMAND = "command"
    """Store it for the record; the caller does what it says."""
    HOLD = "hold"
    """Store it where nobody sees it, until the owner has decided about its sender."""
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A question that waits in this chat, and the ids under which its messages were sent."""

    question: Question
    client_ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message with what is known about it."""

    group: Group
    message: InboundMessage
    role: Role | None
    questions: tuple[OpenQuestion, ...]
    """Open in this chat, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be done with a message. ``reason`` says why it is dropped."""

    admission: Admission
    reason: str = ""
    question: Question | None = None
    """The question that it answers, with ``answer`` in it."""


Judge = Callable[[Arrival], Verdict]
"""The rule by which messages are admitted; runs inside the transaction that stores them, so it must be quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of an incoming message. ``message`` is 0 when it was not kept; ``group`` None: not registered."""

    message: MessageId
    group: Group | None
    duplicate: bool
    turn: TurnId | None
    verdict: Verdict
    role: Role | None = None


_HELD, _MENTIONED = 1, 2


def _held(message: InboundMessage) -> int:
    """How the column says that a message is held: a mention that only the network knows is not in its text."""
    return _MENTIONED if message.mentions_assistant else _HELD


UNREGISTERED = "the chat is not registered"
"""Why nothing of a chat is kept."""


class Inbox:
    """Takes messages in."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("inbox")
        self._people = load_queries("people")
        self._questions = load_queries("questions")

    async def add(self, message: InboundMessage, judge: Judge, *, voice: str = "") -> Stored:
        """Store a message as ``judge`` decides, and queue a turn if it wakes its group's agent.

        ``voice`` is the path of a voice note of it that has yet to be written down: its chat's turns wait for that.

        Of chats that are not registered only name and time are kept; of dropped messages only that there were some.
        """
        return await self._database.write(lambda connection: self._add(connection, message, judge, voice))

    async def refuse(self, message: InboundMessage, reason: str) -> None:
        """Count a message that is not taken in whoever sent it."""
        verdict = Verdict(admission=Admission.DROP, reason=reason)
        await self._database.write(lambda connection: self._drop(connection, message, None, verdict))

    async def judged(self, message: InboundMessage, judge: Judge) -> tuple[Group, Verdict] | None:
        """What would become of a message now; None when its chat is not registered. Nothing is changed."""

        def work(connection: apsw.Connection) -> tuple[Group, Verdict] | None:
            for chat, group_id in rows(connection, self._sql["chat"], _address(message)):
                if group_id is not None:
                    arrival = self._arrival(connection, message, chat, group_id)
                    return arrival.group, judge(arrival)
            return None

        return await self._database.read(work)

    async def target_of(self, change: InboundChange) -> Target | Group | None:
        """What a change is about; its group when that is nothing we keep, None when its chat is not registered."""
        return await self._database.read(lambda connection: find_target(connection, change))

    async def change(self, change: InboundChange, wakes: Wakes) -> TurnId | None:
        """Carry a change out that its sender may make; the turn that answers it, for an edit that wakes the agent."""
        revision = Revision(now=self._clock.now(), wakes=wakes, queue=self._queue)
        return await self._database.write(lambda connection: revision.apply(connection, change))

    def _add(self, connection: apsw.Connection, message: InboundMessage, judge: Judge, voice: str) -> Stored:
        values = {**_address(message), "name": message.chat_name, "now": self._clock.now()}
        chat, group_id = rows(connection, self._sql["touch_chat"], values)[0]
        if group_id is None:
            return self._drop(connection, message, None, Verdict(admission=Admission.DROP, reason=UNREGISTERED))
        arrival = self._arrival(connection, message, chat, group_id)
        identity = {"chat": chat, "external_id": message.external_id}
        for known, turn in rows(connection, self._sql["known"], identity):
            return Stored(
                message=MessageId(known),
                group=arrival.group,
                duplicate=True,
                turn=TurnId(turn) if turn else None,
                verdict=Verdict(admission=Admission.STORE),
            )
        verdict = Verdict(admission=Admission.STORE) if message.from_assistant else judge(arrival)
        if verdict.admission is Admission.HOLD and self._holds_enough(connection, message, group_id):
            verdict = replace(verdict, admission=Admission.DROP)
        if verdict.admission is Admission.DROP:
            return self._drop(connection, message, arrival.group, verdict)
        return self._keep(connection, arrival, chat, verdict, voice)

    def _arrival(self, connection: apsw.Connection, message: InboundMessage, chat: int, group: int) -> Arrival:
        waiting = rows(connection, self._questions["open_here"], {"chat": chat, "now": self._clock.now()})
        return Arrival(
            group=group_from(rows(connection, self._sql["group"], {"group": group})[0]),
            message=message,
            role=find_role(connection, message.address.channel, message.sender.ids, group),
            questions=tuple(
                OpenQuestion(question=question_from(row), client_ids=frozenset((row[-1] or "").split()))
                for row in waiting
            ),
        )

    def _keep(self, connection: apsw.Connection, arrival: Arrival, chat: int, verdict: Verdict, voice: str) -> Stored:
        message, group, question = arrival.message, arrival.group, verdict.question
        row = {
            **message_values(message),
            "chat": chat,
            "now": self._clock.now(),
            "kind": "command" if verdict.admission is Admission.COMMAND else "message",
            "held": _held(message) if verdict.admission is Admission.HOLD else 0,
            "question": question.id if question else None,
            "woke": int(verdict.admission is Admission.WAKE),
            "voice": voice or None,
        }
        identity = MessageId(rows(connection, self._sql["insert"], row)[0][0])
        rows(connection, self._sql["index_text"], {"message": identity, "text": message.text, "group": group.id})
        if question is not None:
            # Nothing but the message itself follows from an answer to an agent: it is settled with it.
            done = QuestionState.SETTLED if question.purpose is QuestionPurpose.AGENT else QuestionState.ANSWERED
            answer = {"id": question.id, "state": done, "answer": question.answer, "by": message.sender.id}
            rows(connection, self._questions["answer"], {**answer, "now": self._clock.now()})
        wakes = verdict.admission is Admission.WAKE
        turn = self._queue(connection, chat, group.id, identity) if wakes else None
        return Stored(message=identity, group=group, duplicate=False, turn=turn, verdict=verdict, role=arrival.role)

    def _holds_enough(self, connection: apsw.Connection, message: InboundMessage, group: int) -> bool:
        """Whether so much of a stranger waits already that more is not kept."""
        wanted = {"group": group, "channel": message.address.channel, "sender": message.sender.id}
        return len(rows(connection, self._sql["held"], wanted)) >= _HELD_AT_MOST

    def _drop(
        self, connection: apsw.Connection, message: InboundMessage, group: Group | None, verdict: Verdict
    ) -> Stored:
        values = {
            "channel": message.address.channel,
            "chat": message.address.chat,
            "sender": message.sender.id,
            "name": message.sender.name,
            "reason": verdict.reason,
            "now": self._clock.now(),
        }
        rows(connection, self._people["drop"], values)
        rows(connection, self._people["trim_dropped"])
        return Stored(message=_NOT_KEPT, group=group, duplicate=False, turn=None, verdict=verdict)

    def _queue(self, connection: apsw.Connection, chat: int, group: int, message: MessageId) -> TurnId:
        return queue_turn(connection, (chat, group), message, self._clock.now())

    async def release(self, group: Group, channel: str, sender: str, wakes: Callable[[str], bool]) -> bool:
        """Let the held messages of a person in; whether any wakes the agent, by a mention or by ``wakes(text)``."""

        def work(connection: apsw.Connection) -> bool:
            wanted = {"group": group.id, "channel": channel, "sender": sender}
            let_in: dict[int, list[MessageId]] = {}
            waking: dict[int, MessageId] = {}
            for message, held in rows(connection, self._sql["held"], wanted):
                for chat, text in rows(connection, self._sql["release"], {"message": message}):
                    let_in.setdefault(chat, []).append(MessageId(message))
                    if held == _MENTIONED or wakes(text):
                        waking.setdefault(chat, MessageId(message))
            for chat, first in waking.items():
                turn = self._queue(connection, chat, group.id, first)
                rows(connection, self._sql["mark_woke"], {"message": first})
                for message in let_in[chat]:
                    # The chat's cursor may be past them: what a turn has claimed before is before it again.
                    rows(connection, self._sql["give_to"], {"message": message, "turn": turn})
            return bool(waking)

        return await self._database.write(work)

    async def newest(self, address: ChatAddress) -> MessageId | None:
        """The newest message of a person in a chat."""
        values = {"channel": address.channel, "address": address.chat}
        found = await self._database.read(lambda connection: rows(connection, self._sql["newest"], values))
        return MessageId(found[0][0]) if found else None

    async def address_of(self, group: GroupFolder, message: int) -> ChatAddress | None:
        """The chat of a message, if it is one of this group's."""
        values = {"folder": group, "message": message}
        found = await self._database.read(lambda connection: rows(connection, self._sql["address_of"], values))
        return ChatAddress(channel=ChannelName(found[0][0]), chat=found[0][1]) if found else None


def queue_turn(connection: apsw.Connection, place: tuple[int, int], message: MessageId, now: Milliseconds) -> TurnId:
    """Have a message answered, inside a transaction of the caller's: the chat's turn that waits, or a new one.

    ``place``: its chat and its group.
    """
    sql, (chat, group) = load_queries("inbox"), place
    for (waiting,) in rows(connection, sql["queued"], {"chat": chat}):
        return TurnId(waiting)
    values = {"chat": chat, "group": group, "message": message, "now": now}
    return TurnId(rows(connection, sql["queue"], values)[0][0])


def answered(question: Question, answer: str) -> Question:
    """The question with its answer."""
    return replace(question, answer=answer)


def _address(message: InboundMessage) -> dict[str, str]:
    return {"channel": message.address.channel, "address": message.address.chat}

"""Turns: claimed, finished, retried or recovered, each step one transaction.

``queued → running → answered | failed | stopped``; a failure or a restart takes ``running`` back to ``queued``. A turn
that would be queued beside another of the same chat becomes ``merged``: its messages go with the other.
"""

from collections.abc import Collection
from dataclasses import dataclass

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress, ChatId, MessageId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group, GroupId
from nanoclaw.model.tasks import RunId
from nanoclaw.model.turns import NO_USAGE, Lane, NewOutgoing, SessionPosition, Turn, TurnId, TurnState, Usage
from nanoclaw.store.changes import release_trigger
from nanoclaw.store.database import Database
from nanoclaw.store.outbox import put_out
from nanoclaw.store.rows import group_from, message_from
from nanoclaw.store.sql import load_queries, rows

BROKEN_OFF = "it was interrupted"
"""The error of a task's run that ended with the worker that had begun it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTurn:
    """A group with a queued turn, and the earliest moment that may start."""

    group: Group
    not_before: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """How one or more turns end together.

    The first turn gets the reply and the usage; the others were answered by it too. ``messages`` are the texts to
    send, already split for the chat; each goes to the outbox under a client id made of the turn and its place.
    """

    turns: tuple[TurnId, ...]
    state: TurnState
    messages: tuple[str, ...] = ()
    position: SessionPosition | None = None
    usage: Usage = NO_USAGE
    error: str | None = None
    apart: bool = False
    """``position`` is that of the chat's own conversation, not of the group's."""
    skips: bool = False
    """A failed turn's messages are context for the next, unless they are what cannot be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to try unfinished turns again. ``counts`` is False when the fault was not the turn's own."""

    turns: tuple[TurnId, ...]
    not_before: Milliseconds
    error: str
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """Turns found running without a worker: those that wait again, those to be given up, runs broken off."""

    again: tuple[TurnId, ...]
    given_up: tuple[TurnId, ...]
    broken: tuple[RunId, ...] = ()
    """Runs of tasks that have failed now, for they must not happen twice."""


class Turns:
    """Every change of a turn's state, in one lane."""

    def __init__(self, database: Database, clock: Clock, *, catch_up: int, lane: Lane = Lane.GROUP) -> None:
        self._database = database
        self._clock = clock
        self._catch_up = catch_up
        self._lane = lane
        self._sql = load_queries("turns")
        self._groups = load_queries("groups")

    async def due(self) -> tuple[DueTurn, ...]:
        """All queued turns: runs of tasks first, then the longest due first."""
        values = {"lane": self._lane}
        found = await self._database.read(lambda connection: rows(connection, self._sql["due"], values))
        return tuple(DueTurn(group=group_from(row[:8]), not_before=Milliseconds(row[8])) for row in found)

    async def next_chat(self, group: GroupId) -> ChatId | None:
        """The chat of the turn that :meth:`claim` would start; None when nothing is due."""
        values = {"group": group, "chat": None, "now": self._clock.now(), "lane": self._lane}
        found = await self._database.read(lambda connection: rows(connection, self._sql["next_of_group"], values))
        return ChatId(found[0][1]) if found else None

    async def claim(self, group: GroupId, *, chat: ChatId | None = None, only: ChatId | None = None) -> Turn | None:
        """Start a group's next due turn; None when nothing is due.

        It claims the messages after the chat's cursor and after those of turns that run already: the newest
        ``catch_up`` of them, and always the one that woke the agent. The run of a task claims its one message alone.
        With ``chat``, the chat whose turn runs already, only more messages of that chat are claimed. With ``only``,
        nothing is while the next turn is of another chat.
        """
        return await self._database.write(lambda connection: self._claim(connection, group, chat, only))

    def _claim(
        self, connection: apsw.Connection, group_id: GroupId, chat: ChatId | None, only: ChatId | None
    ) -> Turn | None:
        now = self._clock.now()
        wanted = {"group": group_id, "chat": chat, "now": now, "lane": self._lane}
        found = rows(connection, self._sql["next_of_group"], wanted)
        if not found or only not in {None, found[0][1]}:
            return None
        turn, chat_id, trigger, attempt, channel, address, cursor = found[0][:7]
        group, (run, place) = group_from(found[0][7:15]), found[0][16:18]
        values = {
            "turn": turn,
            "chat": chat_id,
            "after": max(cursor, found[0][15] or 0),
            "trigger": trigger,
            "limit": group.options.catch_up_messages or self._catch_up,
            "now": now,
        }
        which = "claimable" if run is None else "only_trigger"
        messages = tuple(message_from(row) for row in rows(connection, self._sql[which], values))
        # A run answers nobody: it leaves the chat's cursor where it is.
        values["through"] = max(message.id for message in messages) if run is None else None
        # The one that woke the agent may be far older than the others.
        values["oldest"] = min((m.id for m in messages if values["after"] < m.id != trigger), default=trigger)
        if run is None:
            rows(connection, self._sql["claim"], values)
        rows(connection, self._sql["claim_trigger"], values)
        rows(connection, self._sql["start"], values)
        return Turn(
            id=TurnId(turn),
            group=group,
            chat=ChatId(chat_id),
            address=ChatAddress(channel=ChannelName(channel), chat=address),
            attempt=attempt,
            messages=messages,
            through=MessageId(values["through"] or 0),
            lane=self._lane,
            place=place,
            run=None if run is None else RunId(run),
        )

    async def finish(self, finish: Finish) -> bool:
        """End turns: state, cursor, session, usage and replies in one transaction.

        False, and nothing changed, when the first turn does not run any more (its group was removed meanwhile).
        """
        return await self._database.write(lambda connection: self._finish(connection, finish))

    def _finish(self, connection: apsw.Connection, finish: Finish) -> bool:
        now, first = self._clock.now(), finish.turns[0]
        chat = None
        for turn in finish.turns:
            values = {
                "turn": turn,
                "state": finish.state,
                "now": now,
                "error": finish.error,
                "covered_by": None if turn == first else first,
            }
            found = rows(connection, self._sql["finish"], values)
            if not found and turn == first:
                return False
            for chat_id, through in found:
                chat = chat_id if turn == first else chat
                if through is not None and (finish.state is not TurnState.FAILED or finish.skips):
                    rows(connection, self._sql["move_cursor"], {"chat": chat_id, "through": through})
        if chat is not None:
            self._put_out(connection, chat, finish)
        if finish.position is not None:
            position = {"turn": first, "session": finish.position.session, "entry": finish.position.entry, "now": now}
            rows(connection, self._groups["keep_chat_position" if finish.apart else "keep_position"], position)
        usage = finish.usage
        values = {name: getattr(usage, name) for name in Usage.__slots__}
        rows(connection, self._sql["set_usage"], {"turn": first, **values})
        return True

    def _put_out(self, connection: apsw.Connection, chat: int, finish: Finish) -> None:
        first, address = finish.turns[0], self._address(connection, finish.turns[0])
        for number, text in enumerate(finish.messages):
            reply = NewOutgoing(address=address, turn=first, client_id=f"turn-{first}-{number}", text=text)
            put_out(connection, chat, reply, self._clock.now())

    def _address(self, connection: apsw.Connection, turn: TurnId) -> ChatAddress:
        ((channel, chat),) = rows(connection, self._sql["address_of"], {"turn": turn})
        return ChatAddress(channel=ChannelName(channel), chat=chat)

    async def retry(self, retry: Retry) -> None:
        """Put running turns back to wait until ``not_before``; those that ended meanwhile stay as they are."""

        def work(connection: apsw.Connection) -> None:
            for turn in retry.turns:
                for (failures,) in rows(connection, self._sql["attempt_of"], {"turn": turn}):
                    attempt = failures + (1 if retry.counts else 0)
                    self._requeue(connection, turn, retry, attempt=attempt, interruptions=0 if retry.counts else 1)

        await self._database.write(work)

    async def recover(self, *, limit: int, served: Collection[GroupId] = ()) -> Recovered:
        """Let turns wait again whose worker is no more: all running ones but those of ``served`` groups.

        A turn that has been taken up again ``limit`` times is left running, for the caller to fail with a message.
        The run of a task may have done something already: it is failed and never started again.
        """

        def work(connection: apsw.Connection) -> Recovered:
            again, given_up, broken = [], [], []
            for turn, group, interruptions, attempt, run in rows(
                connection, self._sql["running"], {"lane": self._lane}
            ):
                if group in served:
                    continue
                if run is not None:
                    self._break_off(connection, TurnId(turn))
                    broken.append(RunId(run))
                elif interruptions >= limit:
                    given_up.append(TurnId(turn))
                else:
                    retry = Retry(turns=(TurnId(turn),), not_before=Milliseconds(0), error="its worker ended")
                    self._requeue(connection, TurnId(turn), retry, attempt=attempt, interruptions=1)
                    again.append(TurnId(turn))
            return Recovered(again=tuple(again), given_up=tuple(given_up), broken=tuple(broken))

        return await self._database.write(work)

    def _break_off(self, connection: apsw.Connection, turn: TurnId) -> None:
        self._finish(connection, Finish(turns=(turn,), state=TurnState.FAILED, error=BROKEN_OFF))

    def _requeue(
        self, connection: apsw.Connection, turn: TurnId, retry: Retry, *, attempt: int, interruptions: int
    ) -> None:
        ((chat, run),) = rows(connection, self._sql["chat_of"], {"turn": turn})
        for (other,) in rows(connection, self._sql["queued_of_chat"], {"chat": chat}) if run is None else ():
            # One of the two must go on for both. The older keeps the failures it has counted.
            older, younger = min(turn, other), max(turn, other)
            rows(connection, self._sql["merge"], {"turn": younger, "into": older, "now": self._clock.now()})
            rows(connection, self._sql["repoint"], {"turn": younger, "into": older})
            if older == other:
                release_trigger(connection, chat, self._clock.now())
                return
        values = {
            "turn": turn,
            "attempt": attempt,
            "not_before": retry.not_before,
            "error": retry.error,
            "interruptions": interruptions,
        }
        rows(connection, self._sql["requeue"], values)
        if run is None:
            # What woke the agent may have been taken back while it worked.
            release_trigger(connection, chat, self._clock.now())

    async def give_up(self, turn: TurnId) -> ChatAddress | None:
        """Fail a turn that ended every worker that tried it, and say so in its chat, which is returned."""
        notice = "I could not answer: I was interrupted each time I tried. Your message is kept; write again."
        finish = Finish(turns=(turn,), state=TurnState.FAILED, messages=(notice,), error="interrupted too often")
        if not await self.finish(finish):
            return None
        return await self._database.read(lambda connection: self._address(connection, turn))

    async def mark_model_request(self, turn: TurnId, at: Milliseconds) -> None:
        """Note when the turn's first request left for the model."""
        values = {"turn": turn, "at": at}
        await self._database.write(lambda connection: rows(connection, self._sql["mark_model_request"], values))

"""Occurrences of tasks as turns: each is queued once, however often it is asked, and says what came of it."""

from dataclasses import dataclass
from typing import Any

import apsw

from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.tasks import RunId, TaskId
from nanoclaw.model.turns import Lane, ReplyState, TurnId, TurnState
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """An occurrence of a task, to be worked on as a turn of its own. ``name`` is the task's, for show."""

    run: RunId
    task: TaskId
    group: GroupFolder
    address: ChatAddress
    lane: Lane
    name: str
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTurn:
    """How the turn of an occurrence stands. ``replies`` are the states of what it said, in order."""

    state: TurnState
    text: str
    error: str
    finished_at: Milliseconds | None
    cost_usd: float
    replies: tuple[ReplyState, ...]


class Runs:
    """Turns of tasks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._inbox = load_queries("inbox")
        self._turns = load_queries("turns")

    async def add(self, new: NewRun) -> TurnId | None:
        """Queue the turn of an occurrence, once however often it is asked; None: no such group, or not its chat."""

        def work(connection: apsw.Connection) -> TurnId | None:
            for (known,) in rows(connection, self._inbox["run_turn"], {"run": new.run}):
                return TurnId(known)
            place = {"folder": new.group, "channel": new.address.channel, "address": new.address.chat}
            for chat, group in rows(connection, self._inbox["run_chat"], place):
                return self._queue(connection, new, chat, group)
            return None

        return await self._database.write(work)

    def _queue(self, connection: apsw.Connection, new: NewRun, chat: int, group: int) -> TurnId:
        now = self._clock.now()
        row: dict[str, Any] = {
            "chat": chat,
            "external_id": f"run-{new.run}",
            "sender_id": "scheduler",
            "sender_name": f"Task {new.task}" + (f" ({new.name})" if new.name else ""),
            "text": new.prompt,
            **dict.fromkeys(("quote", "attachments", "question")),
            "from_assistant": 0,
            "held": 0,
            "woke": 0,
            "voice": None,
            "kind": "task",
            "sent_at": now,
            "now": now,
        }
        message = rows(connection, self._inbox["insert"], row)[0][0]
        values = {"group": group, "message": message, "lane": new.lane, "run": new.run, "task": new.task}
        return TurnId(rows(connection, self._inbox["queue_run"], {**values, "chat": chat, "now": now})[0][0])

    async def outcome(self, run: RunId) -> RunTurn | None:
        """How the turn of an occurrence stands; None when it has none."""

        def work(connection: apsw.Connection) -> RunTurn | None:
            for turn, state, error, finished_at, cost in rows(connection, self._turns["run_outcome"], {"run": run}):
                replies = rows(connection, self._turns["replies"], {"turn": turn})
                return RunTurn(
                    state=TurnState(state),
                    text="\n\n".join(row[1] for row in replies),
                    error=error or "",
                    finished_at=None if finished_at is None else Milliseconds(finished_at),
                    cost_usd=cost,
                    replies=tuple(ReplyState(row[2]) for row in replies),
                )
            return None

        return await self._database.read(work)

    async def of_reply(self, reply: int) -> RunId | None:
        """The occurrence that a reply belongs to."""
        found = await self._database.read(lambda connection: rows(connection, self._turns["run_of"], {"reply": reply}))
        return RunId(found[0][0]) if found else None

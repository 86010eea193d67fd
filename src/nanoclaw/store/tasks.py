"""Scheduled tasks and their runs, in a database of their own: ``store/tasks.db``.

A run is ``due → started → succeeded | failed | skipped``, or ``missed`` from the start. An occurrence is (task, time),
and there is at most one run of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.tasks import (
    ContextMode,
    NewTask,
    RunId,
    RunState,
    Schedule,
    ScheduleKind,
    Task,
    TaskId,
    TaskRun,
    TaskState,
)
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows

MIGRATIONS = "task_migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """What has come of a task's times: the one to run, and that of the newest that is left out, if there is one."""

    task: TaskId
    first: Milliseconds
    """The task's next time as it was read: if it is another by now, nothing is kept."""
    run_at: Milliseconds | None
    missed_at: Milliseconds | None
    missed: str
    """Says how many were left out."""
    next_at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended."""

    state: RunState
    finished_at: Milliseconds
    result: str = ""
    error: str = ""
    cost_usd: float = 0.0
    delivered: bool | None = None
    tell: bool = True
    """Whether the owner is to be told if it failed."""


class Tasks:
    """Every change of a task or a run."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("tasks")

    async def add(self, new: NewTask, next_at: Milliseconds) -> Task:
        """Keep a task."""
        now = self._clock.now()
        return await self._database.write(lambda connection: add_task(connection, new, TaskState.ACTIVE, now, next_at))

    async def get(self, task: TaskId) -> Task | None:
        """One task."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["get"], {"task": task}))
        return _task(found[0]) if found else None

    async def all(self, folder: GroupFolder | None = None) -> tuple[Task, ...]:
        """Tasks that are active or paused, the next due first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["all"], {"folder": folder}))
        return tuple(map(_task, found))

    async def change(self, task: TaskId, new: NewTask, next_at: Milliseconds | None) -> Task | None:
        """Give a task another content; None when it is over."""
        values = {**_values(new), "task": task, "next_at": next_at}
        found = await self._database.write(lambda connection: rows(connection, self._sql["change"], values))
        return _task(found[0]) if found else None

    async def set_state(self, task: TaskId, state: TaskState, next_at: Milliseconds | None) -> Task | None:
        """Pause, resume or end a task."""
        values = {"task": task, "state": state, "next_at": next_at}
        found = await self._database.write(lambda connection: rows(connection, self._sql["set_state"], values))
        return _task(found[0]) if found else None

    async def due(self, limit: int = 200) -> tuple[Task, ...]:
        """Active tasks whose time has come and of which nothing runs, the longest due first."""
        values = {"now": self._clock.now(), "limit": limit}
        found = await self._database.read(lambda connection: rows(connection, self._sql["due"], values))
        return tuple(map(_task, found))

    async def next_due(self) -> Milliseconds | None:
        """When the next time of any task comes that has not come yet."""
        values = {"now": self._clock.now()}
        found = await self._database.read(lambda connection: rows(connection, self._sql["next_due"], values))
        return Milliseconds(found[0][0]) if found[0][0] is not None else None

    async def come(self, occurrences: Sequence[Occurrences]) -> tuple[TaskRun, ...]:
        """Keep what has come of tasks' times and move on to their next, in one transaction; the new runs.

        None of a task that was changed, paused or ended since it was read.
        """
        return await self._database.write(
            lambda connection: tuple(run for came in occurrences for run in self._come(connection, came))
        )

    def _come(self, connection: apsw.Connection, came: Occurrences) -> tuple[TaskRun, ...]:
        new: list[TaskRun] = []
        values = {"task": came.task, "first": came.first, "next_at": came.next_at}
        if not rows(connection, self._sql["advance"], values):
            return ()
        if came.missed_at is not None:
            new += self._add_run(connection, came.task, came.missed_at, RunState.MISSED, came.missed)
        if came.run_at is not None:
            new += self._add_run(connection, came.task, came.run_at, RunState.DUE, "")
        rows(connection, self._sql["trim_runs"], {"task": came.task})
        return tuple(new)

    def _add_run(
        self, connection: apsw.Connection, task: TaskId, at: Milliseconds, state: RunState, error: str
    ) -> list[TaskRun]:
        ended = self._clock.now() if state is RunState.MISSED else None
        values = {"task": task, "scheduled_at": at, "state": state, "error": error, "by_hand": 0, "finished_at": ended}
        return [_run(row) for row in rows(connection, self._sql["add_run"], values)]

    async def run_by_hand(self, task: TaskId) -> TaskRun:
        """Make a run for now, beside the schedule."""

        def work(connection: apsw.Connection) -> TaskRun:
            values: dict[str, Any] = {"task": task, "state": RunState.DUE, "error": "", "by_hand": 1}
            at = self._clock.now()
            while not (found := rows(connection, self._sql["add_run"], {**values, "scheduled_at": at, **_UNENDED})):
                at = Milliseconds(at + 1)
            return _run(found[0])

        return await self._database.write(work)

    async def run(self, run: RunId) -> TaskRun | None:
        """One run."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["run"], {"run": run}))
        return _run(found[0]) if found else None

    async def runs(self, task: TaskId, limit: int) -> tuple[TaskRun, ...]:
        """A task's newest runs, newest first."""
        values = {"task": task, "limit": limit}
        found = await self._database.read(lambda connection: rows(connection, self._sql["runs"], values))
        return tuple(map(_run, found))

    async def due_runs(self) -> tuple[TaskRun, ...]:
        """Runs that were not handed over yet, oldest first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["due_runs"]))
        return tuple(map(_run, found))

    async def open_runs(self) -> tuple[TaskRun, ...]:
        """Runs that are due or started, oldest first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["open_runs"]))
        return tuple(map(_run, found))

    async def untold(self) -> tuple[TaskRun, ...]:
        """Runs that were missed or failed and that the owner has not been told of, oldest first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["untold"]))
        return tuple(map(_run, found))

    async def told(self, run: RunId) -> None:
        """The owner was told of a run."""
        await self._database.write(lambda connection: rows(connection, self._sql["told"], {"run": run}))

    async def start(self, run: RunId) -> bool:
        """A due run was handed over; False when it was not due any more."""
        values = {"run": run, "now": self._clock.now()}
        return bool(await self._database.write(lambda connection: rows(connection, self._sql["start_run"], values)))

    async def end(self, run: RunId, end: RunEnd) -> TaskRun | None:
        """A run ended; None when it had ended before."""
        values = {name: getattr(end, name) for name in RunEnd.__slots__}
        values |= {"run": run, "delivered": None if end.delivered is None else int(end.delivered)}
        values["tell"] = int(end.tell and end.state is RunState.FAILED)
        found = await self._database.write(lambda connection: rows(connection, self._sql["end_run"], values))
        return _run(found[0]) if found else None


_UNENDED: Mapping[str, None] = {"finished_at": None}


def add_task(
    connection: apsw.Connection, new: NewTask, state: TaskState, created: Milliseconds, next_at: Milliseconds | None
) -> Task:
    """Keep a task, in a transaction that is under way."""
    values = {**_values(new), "folder": new.group, "channel": new.address.channel, "chat": new.address.chat}
    values |= {"state": state, "now": created, "next_at": next_at}
    return _task(rows(connection, load_queries("tasks")["add"], values)[0])


def _values(new: NewTask) -> dict[str, Any]:
    return {
        "prompt": new.prompt,
        "kind": new.schedule.kind,
        "value": new.schedule.value,
        "context": new.context,
        "missed": new.missed,
        "script": new.script,
        "name": new.name,
    }


def _task(row: tuple[Any, ...]) -> Task:
    identity, folder, channel, chat, prompt, kind, value, context, missed, script, name, state, created, next_at = row
    return Task(
        id=TaskId(identity),
        group=GroupFolder(folder),
        address=ChatAddress(channel=ChannelName(channel), chat=chat),
        prompt=prompt,
        schedule=Schedule(kind=ScheduleKind(kind), value=value),
        context=ContextMode(context),
        missed=missed,
        script=script,
        name=name,
        state=TaskState(state),
        created_at=Milliseconds(created),
        next_at=None if next_at is None else Milliseconds(next_at),
    )


def _run(row: tuple[Any, ...]) -> TaskRun:
    identity, task, scheduled, state, started, finished, result, error, cost, delivered, by_hand, _ = row
    return TaskRun(
        id=RunId(identity),
        task=TaskId(task),
        scheduled_at=Milliseconds(scheduled),
        state=RunState(state),
        started_at=None if started is None else Milliseconds(started),
        finished_at=None if finished is None else Milliseconds(finished),
        result=result,
        error=error,
        cost_usd=cost,
        delivered=None if delivered is None else bool(delivered),
        by_hand=bool(by_hand),
    )

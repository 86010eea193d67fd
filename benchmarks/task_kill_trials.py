"""Kill -9 trials of scheduled tasks: three tasks of a second each, kills at many moments, and then the books.

Every time on a task's grid has one run, or is counted by one that was missed; what a run said arrived once; a run that
broke off is not repeated; and the owner was told once of each that failed or was missed.
"""

import asyncio
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.installation import DaemonError, Installation, Place, installation
from benchmarks.scripted import Model, scripted_model
from nanoclaw.store.connection import open_connection
from nanoclaw.stub_model.script import Rule, Script

_STEP = 1_000
_LONGEST_LIFE = 6.0
_WATCH_SECONDS = 20
_SETTLE_SECONDS = 60
_SCRIPT = """echo begun >> script.log; echo '{"wakeAgent": false}'\n"""
_MISSED = re.compile(r"([0-9,]+) runs? (?:was|were) missed")
_ENDED = ("succeeded", "failed", "skipped", "missed")


class TaskMoment(StrEnum):
    """What had just happened when the daemon was killed. Of rows, as fast as they can be looked at."""

    RANDOM = "random"
    DUE = "a run written down"
    STARTED = "a run handed over"
    ANSWERED = "a run's turn answered"
    ENDED = "a run's end written down"
    MISSED = "missed runs written down"


_NEWEST = {
    TaskMoment.DUE: "SELECT max(id) FROM runs",
    TaskMoment.STARTED: "SELECT count(*) FROM runs WHERE started_at IS NOT NULL",
    TaskMoment.ENDED: "SELECT count(*) FROM runs WHERE state IN ('succeeded', 'failed')",
    TaskMoment.MISSED: "SELECT count(*) FROM runs WHERE state = 'missed'",
}
_ANSWERED = "SELECT count(*) FROM turns WHERE run IS NOT NULL AND state = 'answered'"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskVerdict:
    """What was found after the last kill. ``problems`` is empty when the books balanced."""

    kills: int
    runs: Counter[str]
    """How many runs ended how."""
    missed_times: int
    problems: tuple[str, ...]


class TaskTrials:
    """One installation with its tasks; kills, then the verdict."""

    def __init__(self, daemon: Installation, model: Model, chance: random.Random) -> None:
        self._daemon = daemon
        self._model = model
        self._chance = chance
        self._kills = 0

    async def prepare(self) -> None:
        """A task in a group's conversation, an isolated one, and one whose script lets the agent sleep."""
        await self._daemon.add_group("chores")
        for more in ({"context_mode": "group"}, {"context_mode": "isolated"}, {"script": _SCRIPT}):
            request = {"group": "chores", "prompt": "Do the chore", "schedule_type": "interval", **more}
            await asyncio.to_thread(self._daemon.client.add_task, {**request, "schedule_value": str(_STEP)})

    async def kill(self, moment: TaskMoment) -> None:
        """Kill the daemon at a moment, and start the next."""
        pid, delay = self._daemon.pid, self._chance.uniform(0.1, _LONGEST_LIFE)
        await asyncio.to_thread(self._kill_at, moment, pid, delay)
        self._kills += 1
        await self._daemon.kill()
        await self._daemon.start()

    def _kill_at(self, moment: TaskMoment, pid: int, delay: float) -> None:
        time.sleep(delay if moment is TaskMoment.RANDOM else 0)
        if moment is not TaskMoment.RANDOM:
            path = self._daemon.home.database if moment is TaskMoment.ANSWERED else self._daemon.home.task_database
            _wait_for_change(path, _NEWEST.get(moment, _ANSWERED))
        os.kill(pid, signal.SIGKILL)

    async def verdict(self) -> TaskVerdict:
        """Pause the tasks, wait until nothing is open, and look at everything."""
        for task in (1, 2, 3):
            await asyncio.to_thread(self._daemon.client.change_task, task, "pause")
        problems = await self._settle()
        runs = self._tasks("SELECT id, task_id, scheduled_at, state, error, delivered, told FROM runs ORDER BY id")
        created = dict(self._tasks("SELECT id, created_at FROM tasks"))
        for task, anchor in created.items():
            problems += _off_the_grid(task, anchor, [run for run in runs if run[1] == task])
        problems += self._wrong_turns(runs)
        problems += self._wrong_news(runs)
        log = (self._daemon.home.groups / "chores" / "script.log").read_text().splitlines()
        scripted = sum(run[1] == 3 and run[3] != "missed" for run in runs)
        if len(log) > scripted:
            problems.append(f"the script began {len(log)} times for {scripted} runs")
        states = Counter(run[3] for run in runs)
        missed = sum(_count(run[4]) for run in runs if run[3] == "missed")
        return TaskVerdict(kills=self._kills, runs=states, missed_times=missed, problems=tuple(problems))

    async def _settle(self) -> list[str]:
        end = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < end:
            waiting = self._daemon.rows("SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')")
            untold = self._tasks("SELECT count(*) FROM runs WHERE state NOT IN (?, ?, ?, ?) OR told = 0", _ENDED)
            if not waiting[0][0] and not untold[0][0]:
                return []
            await asyncio.sleep(0.1)
        return ["runs were still open at the end"]

    def _wrong_turns(self, runs: list[tuple[Any, ...]]) -> list[str]:
        turns = self._daemon.rows(
            "SELECT t.run, t.state, (SELECT group_concat(o.state) FROM outbox o WHERE o.turn_id = t.id),"
            " (SELECT count(DISTINCT o.client_id) FROM outbox o WHERE o.turn_id = t.id) FROM turns t"
            " WHERE t.run IS NOT NULL"
        )
        problems = [
            f"run {run} has {count} turns" for run, count in Counter(row[0] for row in turns).items() if count > 1
        ]
        ended = {run[0]: run for run in runs}
        for run, state, replies, _ in turns:
            what = ended.get(run)
            if what is None:
                problems.append(f"a turn is for run {run}, which is not there")
            elif state == "answered" and (replies != "sent" or what[3] != "succeeded" or what[5] != 1):
                problems.append(f"run {run} is {what[3]}, delivered {what[5]}; it was answered, the replies {replies}")
            elif state != "answered" and what[3] == "succeeded":
                problems.append(f"run {run} succeeded, its turn is {state}")
        asked = len(self._model.turns(lambda request: "<scheduled-task" in request.newest_text))
        if asked > len(turns):
            problems.append(f"the model was asked {asked} times for {len(turns)} turns")
        return problems

    def _wrong_news(self, runs: list[tuple[Any, ...]]) -> list[str]:
        told = Counter(
            text for (text,) in self._daemon.rows("SELECT client_id FROM outbox WHERE client_id LIKE 'owner-run-%'")
        )
        wanted = Counter(f"owner-run-{run[0]}" for run in runs if run[3] in {"failed", "missed"})
        return [] if told == wanted else [f"the owner was told of {told - wanted} too much, {wanted - told} too little"]

    def _tasks(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        connection = open_connection(self._daemon.home.task_database, read_only=True)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()


def _wait_for_change(path: Path, query: str) -> None:
    connection = open_connection(path, read_only=True)
    try:
        before = connection.execute(query).fetchall()
        end = time.monotonic() + _WATCH_SECONDS
        while connection.execute(query).fetchall() == before:
            if time.monotonic() > end:
                raise DaemonError(f"nothing came of {query}")
    finally:
        connection.close()


def _off_the_grid(task: int, anchor: int, runs: list[tuple[Any, ...]]) -> list[str]:
    """What is wrong with a task's times: each has one run, or is counted by a later one that was missed."""
    times = [run[2] for run in runs]
    problems = [f"task {task} has a run off its grid at {at}" for at in times if (at - anchor) % _STEP]
    problems += [f"task {task} has {count} runs at {at}" for at, count in Counter(times).items() if count > 1]
    slots = (max(times) - anchor) // _STEP
    counted = sum(_count(run[4]) if run[3] == "missed" else 1 for run in runs)
    if counted != slots:
        problems.append(f"task {task} had {slots} times, and {counted} are accounted for")
    return problems


def _count(error: str) -> int:
    match = _MISSED.fullmatch(error)
    return int(match[1].replace(",", "")) if match else 0


@asynccontextmanager
async def task_trials(place: Place, seed: int) -> AsyncIterator[TaskTrials]:
    """A running daemon with its tasks, and a slow model behind it."""
    script = Script(rules=(Rule(reply="Done.", delay_ms=150),))
    async with scripted_model(script) as model, installation(place, model.url) as daemon:
        await daemon.start()
        trials = TaskTrials(daemon, model, random.Random(seed))  # noqa: S311 - to be repeatable, not secret
        await trials.prepare()
        yield trials

"""Ten thousand stored tasks: how late those begin that come due, what that costs at rest, how long lists take."""

import asyncio
import random
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure, sample, spread
from benchmarks.footprint import processor_seconds, resident
from benchmarks.installation import DaemonError, Installation, Place, installation
from benchmarks.scripted import scripted_model
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import Schedule, ScheduleKind
from nanoclaw.scheduling.schedule import Times
from nanoclaw.store.connection import open_connection
from nanoclaw.store.sql import load_queries

_LATE_SECONDS = 1.0
_GROUPS = 10
_TOGETHER, _APART, _STEP_MS = 200, 60, 500
_LEAD_SECONDS = 8.0
"""From now to the first time that comes: the daemon starts meanwhile."""
_DAY_MS, _YEAR_MS = 86_400_000, 365 * 86_400_000
_REST_SECONDS, _END_SECONDS = 20, 240
_ROUNDS = 3
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Late:
    """Milliseconds from each time that came to its turn; those that came in one second, and those that came singly."""

    together: list[float]
    apart: list[float]


async def tasks(place: Place, stored: int) -> list[Figure]:
    """The daemon's rest without tasks is the baseline of its rest with them."""
    async with scripted_model() as model, installation(place, model.url, "[agents]\nat_once = 5\n") as daemon:
        await daemon.start()
        for number in range(_GROUPS):
            await daemon.add_group(f"group-{number}")
        bare = await _rest(daemon)
        await daemon.stop()
        began = await asyncio.to_thread(_store, daemon, stored)
        started = await daemon.start()
        late = await _lateness(daemon, began)
        await daemon.stop()
        await daemon.start()
        full = await _rest(daemon)
        figures = [*_late_figures(late, stored), _start_figure(started), _rest_figure(full, bare)]
        figures += await asyncio.to_thread(_lists, daemon)
        figures.append(
            Figure(benchmark="tasks", what="daemon after all lists, MB", measured=f"{resident(daemon.pid):.0f}")
        )
    return figures


def _store(daemon: Installation, stored: int) -> int:
    """Fill the database; the time, in milliseconds, at which many tasks come due at once."""
    chance = random.Random(4)  # noqa: S311 - no secrets
    began, now = time.perf_counter(), time.time_ns() // 1_000_000
    rows = [_row(number, _any(chance, now), now) for number in range(stored - _TOGETHER - _APART)]
    due = (time.time_ns() // 1_000_000_000 + int(_LEAD_SECONDS)) * 1000
    moments = [due] * _TOGETHER + [due + 2_000 + number * _STEP_MS for number in range(_APART)]
    rows += [_row(number, _once(moment), now) for number, moment in enumerate(moments)]
    connection = open_connection(daemon.home.task_database)
    try:
        with connection:
            # Rows are returned one by one, and the next statement runs only once they are fetched.
            connection.executemany(load_queries("tasks")["add"], rows).fetchall()
    finally:
        connection.close()
    print(f"  {len(rows):,} tasks stored in {time.perf_counter() - began:.1f} s", flush=True)
    return due


def _any(chance: random.Random, now: int) -> Schedule:
    """Cron, interval or once; none in this hour."""
    match chance.randrange(3):
        case 0:
            hour = (datetime.fromtimestamp(now / 1000, UTC).hour + chance.randint(2, 22)) % 24
            days = chance.choice(["*", "1-5", "0", "6"])
            dates = chance.choice(
                ["* *", f"{chance.randint(1, 28)} *", f"{chance.randint(1, 28)} {chance.randint(1, 12)}"]
            )
            text = f"{chance.randrange(60)} {hour} {dates} {days if dates == '* *' else '*'}"
            return Schedule(kind=ScheduleKind.CRON, value=text)
        case 1:
            return Schedule(kind=ScheduleKind.INTERVAL, value=str(chance.randint(_DAY_MS // 12, 90 * _DAY_MS)))
        case _:
            return _once(now + chance.randint(_DAY_MS // 12, _YEAR_MS))


def _once(moment: int) -> Schedule:
    text = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    return Schedule(kind=ScheduleKind.ONCE, value=text)


def _row(number: int, schedule: Schedule, now: int) -> dict[str, str | int | None]:
    folder = f"group-{number % _GROUPS}"
    return {
        "folder": folder,
        "channel": "local",
        "chat": folder,
        "prompt": f"Task number {number}: say that it is done.",
        "kind": schedule.kind,
        "value": schedule.value,
        "context": "group",
        "missed": "once",
        "script": "",
        "name": f"task {number}",
        "now": now,
        "next_at": Times(schedule, _UTC, Milliseconds(now)).after(Milliseconds(now)),
    }


async def _rest(daemon: Installation) -> float:
    """Processor milliseconds a second."""
    await asyncio.sleep(2)
    before = processor_seconds(daemon.pid)
    await asyncio.sleep(_REST_SECONDS)
    return (processor_seconds(daemon.pid) - before) / _REST_SECONDS * 1000


async def _lateness(daemon: Installation, due: int) -> _Late:
    """Wait until every occurrence has ended, then compare the turns with the times.

    Raises:
        DaemonError: they did not end in time.
    """
    end = time.monotonic() + _END_SECONDS
    while (done := _run_states(daemon)).count("succeeded") < _TOGETHER + _APART:
        if time.monotonic() > end or "failed" in done:
            raise DaemonError(f"of the runs {done.count('succeeded')} succeeded, {done.count('failed')} failed")
        await asyncio.sleep(1)
    turns = dict(daemon.rows("SELECT run, created_at FROM turns WHERE run IS NOT NULL"))
    late: dict[bool, list[float]] = {True: [], False: []}
    for run, scheduled in _runs(daemon, "SELECT id, scheduled_at FROM runs"):
        late[scheduled == due].append(turns[run] - scheduled)
    return _Late(together=late[True], apart=late[False])


def _run_states(daemon: Installation) -> list[str]:
    return [state for (state,) in _runs(daemon, "SELECT state FROM runs")]


def _runs(daemon: Installation, query: str) -> list[tuple[Any, ...]]:
    connection = open_connection(daemon.home.task_database, read_only=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _late_figures(late: _Late, stored: int) -> list[Figure]:
    return [
        Figure(
            benchmark="tasks",
            what=f"of {stored:,} tasks {what}, late by ms",
            measured=str(found := spread([one / 1000 for one in values])),
            target=f"<= {_LATE_SECONDS * 1000:.0f} ms",
            met=found.at(100) <= _LATE_SECONDS * 1000,
        )
        for what, values in (
            (f"{_TOGETHER} due in the same second", late.together),
            (f"one due every {_STEP_MS / 1000:g} s", late.apart),
        )
    ]


def _start_figure(started: float) -> Figure:
    return Figure(benchmark="tasks", what="start to first answer, s", measured=f"{started:.2f}")


def _rest_figure(full: float, bare: float) -> Figure:
    return Figure(
        benchmark="tasks",
        what="processor time of the daemon at rest, ms a second",
        measured=f"{full:.1f}; without tasks {bare:.1f} ({_REST_SECONDS} s each)",
    )


def _lists(daemon: Installation) -> list[Figure]:
    """Whole processes."""
    figures = []
    for words in (("tasks", "list"), ("tasks", "list", "--group", "group-1"), ("tasks", "check")):
        times = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            subprocess.run([*daemon.command, *words], env=daemon.environment, capture_output=True, check=True)
            times.append(time.perf_counter() - began)
        figures.append(Figure(benchmark="tasks", what=f"{' '.join(words)}, s", measured=str(sample(times))))
    return figures

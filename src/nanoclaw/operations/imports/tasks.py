"""v1's scheduled tasks, and what came of their runs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import ContextMode, NewTask, RunState, Schedule, ScheduleKind, TaskState
from nanoclaw.operations.imports.groups import Move
from nanoclaw.operations.imports.report import Report
from nanoclaw.scheduling.schedule import Times
from nanoclaw.store.importing import TaskBook
from nanoclaw.store.v1 import V1Run, V1Task

_LONGEST, _LONGEST_NAME = 100_000, 100
_MOST_RUNS = 500
_STATES = {"active": TaskState.ACTIVE, "paused": TaskState.PAUSED, "completed": TaskState.DONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A task as it is to be here."""

    new: NewTask
    state: TaskState
    created_at: Milliseconds
    next_at: Milliseconds | None


def take_tasks(
    found: Iterable[V1Task],
    moves: tuple[Move, ...],
    book: TaskBook,
    when: tuple[Milliseconds, ZoneInfo],
    report: Report,
) -> dict[str, int]:
    """Take in the tasks that are not there yet; the row of each, also of those that were.

    ``when`` is the time now, and the zone that times of the clock on the wall are in.
    """
    places: dict[str, int] = {}
    nth: Counter[tuple[str, int]] = Counter()
    for task in found:
        move = _place(task, moves)
        if move is None:
            report.leave_out("tasks", "their group was not taken over", task.id)
            continue
        planned = _plan(task, move, when, report)
        if planned is None:
            continue
        key = (move.folder, planned.created_at)
        known = book.known(move.folder, planned.created_at)
        if len(known) > nth[key]:
            places[task.id] = known[nth[key]]
            report.count("known_tasks")
        else:
            places[task.id] = book.add(planned.new, planned.state, planned.created_at, planned.next_at)
            report.count("tasks")
        nth[key] += 1
    return places


def _place(task: V1Task, moves: tuple[Move, ...]) -> Move | None:
    """The chat of the task's group that its results go to."""
    ours = [move for move in moves if move.source == task.folder]
    return next((move for move in ours if move.jid == task.jid), ours[0] if ours else None)


def take_runs(found: Iterable[V1Run], places: Mapping[str, int], book: TaskBook, report: Report) -> None:
    """Take in the runs of these tasks that are not there yet, of each task the newest 500."""
    newest: dict[str, list[V1Run]] = {}
    for run in found:
        if run.task not in places or run.at is None:
            report.leave_out("runs", "their task was not taken over, or they have no time")
            continue
        runs = newest.setdefault(run.task, [])
        runs.append(run)
        if len(runs) > _MOST_RUNS:
            runs.pop(0)
            report.leave_out("runs", f"there were {_MOST_RUNS} newer ones of the same task")
    for task, runs in newest.items():
        for run in runs:
            at = run.at or Milliseconds(0)
            state = RunState.SUCCEEDED if run.succeeded else RunState.FAILED
            ended = Milliseconds(at + run.milliseconds)
            if book.add_run(places[task], at, ended, state, (run.result, run.error)):
                report.count("runs")


def _plan(task: V1Task, move: Move, when: tuple[Milliseconds, ZoneInfo], report: Report) -> Planned | None:
    """The task as it is to be; None when it is left out."""
    now, zone = when
    state = _STATES.get(task.status)
    why = _refusal(task, state)
    if why or state is None or task.created_at is None:
        report.leave_out("tasks", why, task.id)
        return None
    schedule = Schedule(kind=ScheduleKind(task.kind), value=task.value.strip())
    try:
        next_at = Times(schedule, zone, task.created_at).after(now)
    except InvalidTaskError:
        report.leave_out("tasks", "its time cannot be understood", task.id)
        return None
    if next_at is None and state is not TaskState.DONE:
        report.notes.append(f"The task {task.id[:_LONGEST_NAME]} of {move.folder} had one time, and that has passed")
        state = TaskState.DONE
    new = NewTask(
        group=move.folder,
        address=move.address,
        prompt=task.prompt,
        schedule=schedule,
        context=ContextMode(task.context),
        script=task.script,
        name=task.id[:_LONGEST_NAME],
    )
    return Planned(
        new=new, state=state, created_at=task.created_at, next_at=next_at if state is TaskState.ACTIVE else None
    )


def _refusal(task: V1Task, state: TaskState | None) -> str:
    if state is None or task.created_at is None or task.context not in {"group", "isolated"}:
        return "they are not what v1 wrote"
    if task.kind not in {"cron", "interval", "once"}:
        return "its time cannot be understood"
    if not task.prompt.strip() or max(len(task.prompt), len(task.script)) > _LONGEST:
        return "its prompt or script is empty or too long"
    return ""

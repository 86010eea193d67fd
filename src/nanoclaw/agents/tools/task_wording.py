"""How tasks and their runs are written for the model."""

from zoneinfo import ZoneInfo

from nanoclaw.agents.tools.desk import Desk
from nanoclaw.agents.tools.wording import element, local_time, local_times, snippet
from nanoclaw.model.tasks import RunState, Task, TaskRun, TaskState

_TIMES_SHOWN = 3
_MS_PER_SECOND = 1000
_LATE_SECONDS = 60


def one_task(task: Task, zone: ZoneInfo, *, whole: bool = False) -> str:
    """A task as one element; with ``whole``, its prompt is not cut."""
    attributes = {
        "id": str(task.id),
        "name": task.name,
        "group": task.group,
        "state": task.state,
        "schedule": f"{task.schedule.kind} {task.schedule.value}",
        "context": task.context,
        "missed": task.missed,
        "next": local_time(task.next_at, zone),
        "script": "yes" if task.script and not whole else "",
    }
    return element("task", attributes, task.prompt if whole else snippet(task.prompt))


def describe(desk: Desk, task: Task, *, whole: bool = False) -> str:
    """A task with its next times and, with ``whole``, its script."""
    lines = [one_task(task, desk.zone, whole=whole)]
    if whole and task.script:
        lines.append(element("script", {}, task.script))
    times = tuple(desk.tasks.upcoming(task, _TIMES_SHOWN)) if task.state is TaskState.ACTIVE else ()
    lines.append(f"Next: {local_times(times, desk.zone)}." if times else "It has no next time.")
    return "\n".join(lines)


def one_run(run: TaskRun, zone: ZoneInfo) -> str:
    """A run as one element, with its result or its error."""
    late = (run.started_at - run.scheduled_at) // _MS_PER_SECOND if run.started_at is not None else 0
    attributes = {
        "scheduled": local_time(run.scheduled_at, zone),
        "state": run.state,
        "started": local_time(run.started_at, zone),
        "finished": local_time(run.finished_at, zone),
        "late": f"{late} s" if late >= _LATE_SECONDS else "",
        "by_hand": "yes" if run.by_hand else "",
        "delivered": "" if run.delivered is None else "yes" if run.delivered else "no",
        "cost": f"${run.cost_usd:.4f}" if run.cost_usd else "",
    }
    return element("run", attributes, snippet(run.error if run.state is RunState.FAILED else run.result))

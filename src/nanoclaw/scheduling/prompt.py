"""What the agent is told when a task is due."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import Task, TaskRun

_LATE = 60_000


def write_task_prompt(task: Task, run: TaskRun, data: str, now: Milliseconds, zone: ZoneInfo) -> str:
    """The task's own words, when it was due and, from its script, on what."""
    attributes = {"id": str(task.id), "name": task.name, "due": _local(run.scheduled_at, zone), "timezone": zone.key}
    if run.by_hand:
        attributes["started"] = "by hand"
    elif now - run.scheduled_at >= _LATE:
        attributes["late"] = f"{(now - run.scheduled_at) // 60_000} minutes; it is {_local(now, zone)}"
    told = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items() if value)
    given = f"\n<script-data>{escape(data)}</script-data>" if data else ""
    return f"<scheduled-task {told}>\n{escape(task.prompt, quote=False)}{given}\n</scheduled-task>"


def _local(at: Milliseconds, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at / 1000, zone):%Y-%m-%d %H:%M}"

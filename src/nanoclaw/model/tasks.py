"""Scheduled tasks: what is to be done, when, and what became of each occurrence."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder

TaskId = NewType("TaskId", int)
RunId = NewType("RunId", int)


class ScheduleKind(StrEnum):
    """How a task's times are given."""

    CRON = "cron"
    """Five fields, in the configured time zone."""
    INTERVAL = "interval"
    """Milliseconds, on a grid that begins when the task was made."""
    ONCE = "once"
    """A local time, or a time with an offset."""


class ContextMode(StrEnum):
    """Which conversation a task runs in."""

    GROUP = "group"
    ISOLATED = "isolated"


class TaskState(StrEnum):
    """A task's life."""

    ACTIVE = "active"
    PAUSED = "paused"
    DONE = "done"
    """It had one time, and that has passed."""
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """What became of one occurrence."""

    DUE = "due"
    """Its time has come; it has not been handed to an agent."""
    STARTED = "started"
    SKIPPED = "skipped"
    """Its script said that there is nothing to do."""
    MISSED = "missed"
    """Its time passed while nothing ran, and the task's policy was to leave it."""
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    """The agent finished, and whatever it said was delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When. ``value`` is checked by the scheduling package, never here."""

    kind: ScheduleKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task to make. ``missed`` is ``skip``, ``once`` or ``window:<span>`` such as ``window:2h``."""

    group: GroupFolder
    address: ChatAddress
    """Where its results go: a chat of the group."""
    prompt: str
    schedule: Schedule
    context: ContextMode = ContextMode.GROUP
    missed: str = "once"
    script: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A stored task. ``next_at`` is None when nothing is to come."""

    id: TaskId
    group: GroupFolder
    address: ChatAddress
    prompt: str
    schedule: Schedule
    context: ContextMode
    missed: str
    script: str
    name: str
    state: TaskState
    created_at: Milliseconds
    next_at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """One occurrence. (task, scheduled_at) is unique; ``delivered`` is None when there was nothing to deliver."""

    id: RunId
    task: TaskId
    scheduled_at: Milliseconds
    state: RunState
    started_at: Milliseconds | None = None
    finished_at: Milliseconds | None = None
    result: str = ""
    error: str = ""
    cost_usd: float = 0.0
    delivered: bool | None = None
    by_hand: bool = False

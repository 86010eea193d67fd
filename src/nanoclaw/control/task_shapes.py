"""The JSON about scheduled tasks."""

from typing import Annotated

from pydantic import Field

from nanoclaw.control.shapes import Shape
from nanoclaw.model.tasks import ContextMode, ScheduleKind

# What is empty is refused in the words of tasks, which say what to give.
_Prompt = Annotated[str, Field(max_length=100_000)]
_Value = Annotated[str, Field(max_length=200)]
_Script = Annotated[str, Field(max_length=100_000)]


class TaskShape(Shape):
    """A task. ``next`` are its next times, up to five, in local time with offset; empty while it rests."""

    id: int
    group: str
    channel: str
    chat: str
    name: str
    prompt: str
    schedule_type: str
    schedule_value: str
    context_mode: str
    missed: str
    script: str
    state: str
    created_at: str
    next: tuple[str, ...] = ()
    problem: str = ""
    """Why it cannot be run as it is; empty when it can."""


class TaskList(Shape):
    """Tasks, the next due first, and how many more there are than were asked for."""

    tasks: list[TaskShape]
    more: int = 0


class TaskQuery(Shape):
    """Tasks of one group or of all; ``limit`` of them at most."""

    group: Annotated[str | None, Field(max_length=64)] = None
    limit: Annotated[int, Field(ge=1, le=100_000)] = 500


class AddTaskRequest(Shape):
    """A task to make. ``chat`` is ``channel:id`` of a chat of the group; empty: its only one."""

    group: Annotated[str, Field(min_length=1, max_length=64)]
    prompt: _Prompt
    schedule_type: Annotated[ScheduleKind, Field(strict=False)]
    schedule_value: _Value
    context_mode: Annotated[ContextMode, Field(strict=False)] = ContextMode.GROUP
    missed: Annotated[str, Field(max_length=30)] = "once"
    script: _Script = ""
    name: Annotated[str, Field(max_length=100)] = ""
    chat: Annotated[str, Field(max_length=300)] = ""


class UpdateTaskRequest(Shape):
    """What to change about a task; null leaves a part as it is. A schedule is changed as a whole."""

    prompt: _Prompt | None = None
    schedule_type: Annotated[ScheduleKind | None, Field(strict=False)] = None
    schedule_value: _Value | None = None
    context_mode: Annotated[ContextMode | None, Field(strict=False)] = None
    missed: Annotated[str | None, Field(max_length=30)] = None
    script: _Script | None = None
    name: Annotated[str | None, Field(max_length=100)] = None


class RunShape(Shape):
    """One occurrence of a task. ``due`` is ``scheduled_at`` in local time with offset.

    ``delivered`` null: there was nothing to deliver, or it is not known yet.
    """

    id: int
    task: int
    scheduled_at: str
    due: str = ""
    state: str
    started_at: str | None = None
    finished_at: str | None = None
    late_seconds: float = 0
    result: str = ""
    error: str = ""
    cost_usd: float = 0
    delivered: bool | None = None
    by_hand: bool = False


class RunQuery(Shape):
    """How many runs at most."""

    limit: Annotated[int, Field(ge=1, le=500)] = 20


class RunList(Shape):
    """A task's runs, newest first."""

    runs: list[RunShape]

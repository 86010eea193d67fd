"""What tools are given by the root, beyond the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.tasks import ContextMode, NewTask, Schedule, Task, TaskId, TaskRun
from nanoclaw.model.turns import TurnId


class Reason(StrEnum):
    """Why a call was refused, as the audit has it."""

    REFUSED = "refused"
    ARGUMENTS = "arguments"
    OTHER_GROUP = "other-group"
    MAIN_ONLY = "main-only"
    LIMIT = "limit"
    NO_CHAT = "no-chat"
    NOT_FOUND = "not-found"
    TIME = "time"
    DEFECT = "defect"


class ToolRefusedError(NanoclawError):
    """A call is not allowed, or cannot be done; the text is for the agent, which may try otherwise."""

    def __init__(self, what: str, *, hint: str = "", reason: Reason = Reason.REFUSED) -> None:
        super().__init__(what, hint=hint)
        self.reason = reason


class NoSuchTaskError(NanoclawError):
    """There is no such task, or not for this group."""


class InvalidTaskError(NanoclawError):
    """A task's schedule, policy or script cannot be used; says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose call it is, by the connection. ``turn`` and ``address`` are None while the agent works unasked."""

    group: Group
    turn: TurnId | None
    address: ChatAddress | None
    attempt: int = 0
    """Failures of the turn before this try. A repeated call of a new try is the same call; of one try, a second one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """What to change about a task; None leaves a part as it is."""

    prompt: str | None = None
    schedule: Schedule | None = None
    context: ContextMode | None = None
    missed: str | None = None
    script: str | None = None
    name: str | None = None


class TaskBook(Protocol):
    """Every change of scheduled tasks, wherever it comes from: commands, tools, the page."""

    async def add(self, new: NewTask) -> Task:
        """Make a task. Raises InvalidTaskError."""
        ...

    async def all(self, group: GroupFolder | None = None) -> tuple[Task, ...]:
        """Tasks that are active or paused, of one group or of all, the next due first."""
        ...

    async def get(self, task: TaskId) -> Task:
        """One task. Raises NoSuchTaskError."""
        ...

    async def runs(self, task: TaskId, limit: int = 20) -> tuple[TaskRun, ...]:
        """Its newest runs, newest first."""
        ...

    async def update(self, task: TaskId, change: TaskChange) -> Task:
        """Change a task. Raises NoSuchTaskError, InvalidTaskError."""
        ...

    async def pause(self, task: TaskId) -> Task:
        """Let it rest."""
        ...

    async def resume(self, task: TaskId) -> Task:
        """Go on with its next future time."""
        ...

    async def cancel(self, task: TaskId) -> Task:
        """End it for good; its history stays."""
        ...

    async def run_now(self, task: TaskId) -> TaskRun:
        """Run it once more, now, beside its schedule."""
        ...

    def upcoming(self, task: Task, count: int) -> Sequence[datetime]:
        """Its next times, with the configured zone."""
        ...


Audit = Callable[[Group, str, str], None]
"""Told of every refused call: the group, the tool, the reason; never what the arguments held."""

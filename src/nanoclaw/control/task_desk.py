"""What can be asked about scheduled tasks."""

from typing import Protocol

from nanoclaw.control.task_shapes import AddTaskRequest, RunList, RunShape, TaskList, TaskShape, UpdateTaskRequest


class TaskDesk(Protocol):
    """Scheduled tasks as commands and the page see them. Every method may raise NoSuchTaskError, InvalidTaskError."""

    async def all(self, group: str | None, limit: int) -> TaskList:
        """Tasks that are active or paused, so many at most. Raises NoSuchGroupError."""
        ...

    async def get(self, task: int) -> TaskShape:
        """One task."""
        ...

    async def add(self, request: AddTaskRequest) -> TaskShape:
        """Make a task. Raises NoSuchGroupError."""
        ...

    async def update(self, task: int, request: UpdateTaskRequest) -> TaskShape:
        """Change a task."""
        ...

    async def pause(self, task: int) -> TaskShape:
        """Let it rest."""
        ...

    async def resume(self, task: int) -> TaskShape:
        """Go on with its next future time."""
        ...

    async def cancel(self, task: int) -> TaskShape:
        """End it for good."""
        ...

    async def run_now(self, task: int) -> RunShape:
        """Run it once more, now."""
        ...

    async def runs(self, task: int, limit: int) -> RunList:
        """Its newest runs."""
        ...

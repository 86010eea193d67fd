"""Every change of a task, wherever it comes from: commands, the agents' tools, the page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from nanoclaw.agents.tools.contract import InvalidTaskError, NoSuchTaskError, TaskChange
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.tasks import NewTask, ScheduleKind, Task, TaskId, TaskRun, TaskState
from nanoclaw.scheduling.missed import read_policy
from nanoclaw.scheduling.schedule import Times
from nanoclaw.store.tasks import Tasks

_PROMPT_LIMIT, _SCRIPT_LIMIT, _NAME_LIMIT = 100_000, 100_000, 100
_OPEN = {TaskState.ACTIVE, TaskState.PAUSED}


class Book:
    """Checks what is asked, keeps it, and has the scheduler look."""

    def __init__(
        self,
        tasks: Tasks,
        find_group: Callable[[GroupFolder], Awaitable[Group | None]],
        clock: Clock,
        zone: ZoneInfo,
        look: Callable[[], None],
    ) -> None:
        self._tasks = tasks
        self._find_group = find_group
        self._clock = clock
        self._zone = zone
        self._look = look

    async def add(self, new: NewTask) -> Task:
        """Make a task. Raises InvalidTaskError."""
        if await self._find_group(new.group) is None:
            raise InvalidTaskError(f"There is no group {new.group!r}", hint="`nanoclaw groups list` shows them.")
        task = await self._tasks.add(new, self._checked(new, self._clock.now()))
        self._look()
        return task

    async def all(self, group: GroupFolder | None = None) -> tuple[Task, ...]:
        """Tasks that are active or paused, the next due first."""
        return await self._tasks.all(group)

    async def get(self, task: TaskId) -> Task:
        """One task. Raises NoSuchTaskError."""
        found = await self._tasks.get(task)
        if found is None:
            raise _no_task(task)
        return found

    async def runs(self, task: TaskId, limit: int = 20) -> tuple[TaskRun, ...]:
        """Its newest runs, newest first. Raises NoSuchTaskError."""
        await self.get(task)
        return await self._tasks.runs(task, limit)

    async def update(self, task: TaskId, change: TaskChange) -> Task:
        """Change a task. Raises NoSuchTaskError, InvalidTaskError."""
        old = await self._open(task)
        given = {name: value for name in TaskChange.__slots__ if (value := getattr(change, name)) is not None}
        new = replace(_content(old), **given)
        anew = change.schedule is not None
        checked = self._checked(new, old.created_at, moments=anew)
        next_at = checked if anew else old.next_at
        changed = await self._tasks.change(task, new, next_at if old.state is TaskState.ACTIVE else None)
        if changed is None:
            raise _over(task)
        self._look()
        return changed

    async def pause(self, task: TaskId) -> Task:
        """Let it rest. Raises NoSuchTaskError, InvalidTaskError."""
        await self._open(task)
        return await self._set(task, TaskState.PAUSED, None)

    async def resume(self, task: TaskId) -> Task:
        """Go on with its next future time. Raises NoSuchTaskError, InvalidTaskError."""
        old = await self._open(task)
        if old.state is TaskState.ACTIVE:
            return old
        next_at = self._times(old).after(self._clock.now())
        if next_at is None:
            raise InvalidTaskError(f"Task {task} has no time left", hint="Give it another with `tasks update`.")
        return await self._set(task, TaskState.ACTIVE, next_at)

    async def cancel(self, task: TaskId) -> Task:
        """End it for good; its history stays. Raises NoSuchTaskError."""
        await self.get(task)
        return await self._set(task, TaskState.CANCELLED, None)

    async def run_now(self, task: TaskId) -> TaskRun:
        """Run it once more, now, beside its schedule. Raises NoSuchTaskError, InvalidTaskError."""
        found = await self.get(task)
        if found.state is TaskState.CANCELLED:
            raise _over(task)
        run = await self._tasks.run_by_hand(task)
        self._look()
        return run

    def upcoming(self, task: Task, count: int) -> Sequence[datetime]:
        """Its next times, in the configured zone; none while it rests."""
        if task.state is not TaskState.ACTIVE:
            return ()
        return self._times(task).upcoming(self._clock.now(), count)

    def local(self, at: Milliseconds) -> datetime:
        """A moment in the configured zone."""
        return datetime.fromtimestamp(at / 1000, self._zone)

    def problem(self, task: Task) -> str:
        """Why a stored task cannot be run; empty when it can."""
        try:
            self._checked(_content(task), task.created_at, moments=False)
        except InvalidTaskError as error:
            return f"{error}. {error.hint}"
        return ""

    def _checked(self, new: NewTask, anchor: Milliseconds, *, moments: bool = True) -> Milliseconds:
        """The next time of a task that is as it should be; just now where its ``moments`` do not matter."""
        if not new.prompt.strip() or len(new.prompt) > _PROMPT_LIMIT:
            raise InvalidTaskError("A task needs a prompt", hint=f"Of at most {_PROMPT_LIMIT:,} characters.")
        if len(new.script) > _SCRIPT_LIMIT or len(new.name) > _NAME_LIMIT:
            raise InvalidTaskError(
                "The script or the name is too long", hint=f"At most {_SCRIPT_LIMIT:,} and {_NAME_LIMIT} characters."
            )
        read_policy(new.missed)
        times, now = Times(new.schedule, self._zone, anchor), self._clock.now()
        if not moments:
            return now
        next_at = times.after(now)
        if next_at is None:
            what = "That time has passed" if new.schedule.kind is ScheduleKind.ONCE else "That never comes"
            raise InvalidTaskError(what, hint="Name a time in the future.")
        return next_at

    def _times(self, task: Task) -> Times:
        return Times(task.schedule, self._zone, task.created_at)

    async def _open(self, task: TaskId) -> Task:
        found = await self.get(task)
        if found.state not in _OPEN:
            raise _over(task)
        return found

    async def _set(self, task: TaskId, state: TaskState, next_at: Milliseconds | None) -> Task:
        changed = await self._tasks.set_state(task, state, next_at)
        if changed is None:
            raise _no_task(task)
        self._look()
        return changed


def _content(task: Task) -> NewTask:
    return NewTask(
        group=task.group,
        address=task.address,
        prompt=task.prompt,
        schedule=task.schedule,
        context=task.context,
        missed=task.missed,
        script=task.script,
        name=task.name,
    )


def _no_task(task: TaskId) -> NoSuchTaskError:
    return NoSuchTaskError(f"There is no task {task}", hint="`nanoclaw tasks list` shows them.")


def _over(task: TaskId) -> InvalidTaskError:
    return InvalidTaskError(f"Task {task} is over", hint="Make a new one.")

"""Scheduled tasks as commands and the page see them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from nanoclaw.agents.tools.contract import InvalidTaskError, TaskChange
from nanoclaw.control.service import NoSuchGroupError
from nanoclaw.control.task_shapes import AddTaskRequest, RunList, RunShape, TaskList, TaskShape, UpdateTaskRequest
from nanoclaw.control.times import iso
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.tasks import NewTask, Schedule, Task, TaskId, TaskRun
from nanoclaw.scheduling.book import Book
from nanoclaw.settings.home import mount_allowlist
from nanoclaw.store.groups import Groups
from nanoclaw.workspaces.mounts import MountRefusedError, check_mounts, load_allowlist

_TIMES = 5


class TaskRecords:
    """Reads and changes tasks by way of the book."""

    def __init__(self, book: Book, groups: Groups, home: Path) -> None:
        self._book = book
        self._groups = groups
        self._home = home

    async def all(self, group: str | None, limit: int) -> TaskList:
        """Tasks that are active or paused, so many at most: to work out the times of thousands takes seconds."""
        folder = (await self._group(group)).folder if group is not None else None
        found = await self._book.all(folder)
        return TaskList(tasks=await self._shapes(found[:limit]), more=len(found[limit:]))

    async def get(self, task: int) -> TaskShape:
        """One task."""
        return await self._shape(await self._book.get(TaskId(task)))

    async def add(self, request: AddTaskRequest) -> TaskShape:
        """Make a task."""
        group = await self._group(request.group)
        new = NewTask(
            group=group.folder,
            address=await self._chat(group, request.chat),
            prompt=request.prompt,
            schedule=Schedule(kind=request.schedule_type, value=request.schedule_value),
            context=request.context_mode,
            missed=request.missed,
            script=request.script,
            name=request.name,
        )
        return await self._shape(await self._book.add(new))

    async def update(self, task: int, request: UpdateTaskRequest) -> TaskShape:
        """Change a task."""
        schedule = None
        if request.schedule_type is not None and request.schedule_value is not None:
            schedule = Schedule(kind=request.schedule_type, value=request.schedule_value)
        elif request.schedule_type is not None or request.schedule_value is not None:
            raise InvalidTaskError("A schedule is changed as a whole", hint="Give its type and its value.")
        change = TaskChange(
            prompt=request.prompt,
            schedule=schedule,
            context=request.context_mode,
            missed=request.missed,
            script=request.script,
            name=request.name,
        )
        return await self._shape(await self._book.update(TaskId(task), change))

    async def pause(self, task: int) -> TaskShape:
        """Let it rest."""
        return await self._shape(await self._book.pause(TaskId(task)))

    async def resume(self, task: int) -> TaskShape:
        """Go on with its next future time."""
        return await self._shape(await self._book.resume(TaskId(task)))

    async def cancel(self, task: int) -> TaskShape:
        """End it for good."""
        return await self._shape(await self._book.cancel(TaskId(task)))

    async def run_now(self, task: int) -> RunShape:
        """Run it once more, now."""
        return self._run(await self._book.run_now(TaskId(task)))

    async def runs(self, task: int, limit: int) -> RunList:
        """Its newest runs."""
        return RunList(runs=[self._run(run) for run in await self._book.runs(TaskId(task), limit)])

    async def _group(self, folder: str) -> Group:
        group = await self._groups.find(folder)
        if group is None:
            raise NoSuchGroupError(f"There is no group {folder[:64]!r}", hint="`nanoclaw groups list` shows them.")
        return group

    async def _chat(self, group: Group, wanted: str) -> ChatAddress:
        chats = [chat.address for chat in await self._groups.chats() if chat.folder == group.folder]
        names = {f"{chat.channel}:{chat.chat}": chat for chat in chats}
        if wanted:
            channel, _, chat = wanted.partition(":")
            if wanted not in names:
                raise InvalidTaskError(
                    f"{wanted[:80]!r} is not a chat of {group.folder}", hint=f"It has {', '.join(names) or 'none'}."
                )
            return ChatAddress(channel=ChannelName(channel), chat=chat)
        if not chats:
            raise InvalidTaskError(f"The group {group.folder} has no chat", hint="Register one first.")
        # Of several, the one that was used last: there the results are read.
        return chats[0]

    async def _shape(self, task: Task) -> TaskShape:
        (shape,) = await self._shapes((task,))
        return shape

    async def _shapes(self, tasks: Sequence[Task]) -> list[TaskShape]:
        groups = {group.folder: group for group in await self._groups.all()}
        chats = {(chat.folder, chat.address) for chat in await self._groups.chats()}
        folders = {task.group for task in tasks} & groups.keys()

        def problem(task: Task) -> str:
            if task.group not in groups:
                return f"There is no group {task.group!r} any more."
            if (task.group, task.address) not in chats:
                return f"{task.address.channel}:{task.address.chat} is not a chat of {task.group} any more."
            return self._book.problem(task) or refused[task.group]

        refused: dict[GroupFolder, str] = {}

        def write() -> list[TaskShape]:
            refused.update({folder: self._mount_problem(groups[folder]) for folder in folders})
            return [self._written(task, problem(task)) for task in tasks]

        # In a thread: of thousands of tasks the times alone take seconds.
        return await asyncio.to_thread(write)

    def _written(self, task: Task, problem: str) -> TaskShape:
        return TaskShape(
            id=task.id,
            group=task.group,
            channel=task.address.channel,
            chat=task.address.chat,
            name=task.name,
            prompt=task.prompt,
            schedule_type=task.schedule.kind,
            schedule_value=task.schedule.value,
            context_mode=task.context,
            missed=task.missed,
            script=task.script,
            state=task.state,
            created_at=iso(task.created_at),
            next=tuple(_local(moment) for moment in self._upcoming(task)),
            problem=problem,
        )

    def _upcoming(self, task: Task) -> Sequence[datetime]:
        try:
            return self._book.upcoming(task, _TIMES)
        except InvalidTaskError:
            # It says so as its problem, and must not keep the others from being shown.
            return ()

    def _mount_problem(self, group: Group) -> str:
        try:
            check_mounts(load_allowlist(mount_allowlist()), group.options.mounts, self._home, is_main=group.is_main)
        except MountRefusedError as error:
            return f"{error}. {error.hint}"
        return ""

    def _run(self, run: TaskRun) -> RunShape:
        late = 0.0 if run.started_at is None else max(0, run.started_at - run.scheduled_at) / 1000
        return RunShape(
            id=run.id,
            task=run.task,
            scheduled_at=iso(run.scheduled_at),
            due=_local(self._book.local(run.scheduled_at)),
            state=run.state,
            started_at=None if run.started_at is None else iso(run.started_at),
            finished_at=None if run.finished_at is None else iso(run.finished_at),
            late_seconds=late,
            result=run.result,
            error=run.error,
            cost_usd=run.cost_usd,
            delivered=run.delivered,
            by_hand=run.by_hand,
        )


def _local(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")

"""Scheduled tasks: made, shown and changed by the group they belong to, or by main."""

from typing import Annotated

from pydantic import Field

from nanoclaw.agents.tools.contract import NoSuchTaskError, Reason, TaskChange, ToolRefusedError
from nanoclaw.agents.tools.groups import no_group
from nanoclaw.agents.tools.tally import Allowance
from nanoclaw.agents.tools.task_wording import describe, one_run, one_task
from nanoclaw.agents.tools.tool import AgentTool, Arguments, Call
from nanoclaw.agents.tools.wording import context
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.tasks import ContextMode, NewTask, Schedule, ScheduleKind, Task, TaskId, TaskState

_RUNS_SHOWN = 20
_TASKS_SHOWN = 100
_Prompt = Annotated[str, Field(min_length=1, max_length=20_000)]
_Value = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="cron: 5 fields in local time; interval: milliseconds; once: 2026-12-24T18:00 (local)",
    ),
]
_Context = Annotated[ContextMode, Field(description="group: your conversation; isolated: a new one each time")]
_Script = Annotated[
    str,
    Field(
        max_length=20_000,
        description='Bash, run first: its last line {"wakeAgent": bool, "data": any} decides whether to wake you',
    ),
]
_Missed = Annotated[str, Field(max_length=30, description="A missed run: skip, once, or window:2h")]
_Name = Annotated[str, Field(max_length=100)]


class ScheduleTask(Arguments):
    """What ``schedule_task`` takes."""

    prompt: _Prompt
    schedule_type: ScheduleKind
    schedule_value: _Value
    context_mode: _Context
    target_group: Annotated[str, Field(max_length=64, description="Main only: another group's folder")] = ""
    script: _Script = ""
    missed: _Missed = "once"
    name: _Name = ""


class ListTasks(Arguments):
    """What ``list_tasks`` takes."""

    target_group: Annotated[str, Field(max_length=64, description="Main only: one group's folder")] = ""


class OneTask(Arguments):
    """What the tools for one task take."""

    task_id: Annotated[int, Field(ge=1, le=2**53)]


class UpdateTask(Arguments):
    """What ``update_task`` takes."""

    task_id: Annotated[int, Field(ge=1, le=2**53)]
    prompt: _Prompt | None = None
    schedule_type: ScheduleKind | None = None
    schedule_value: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    context_mode: ContextMode | None = None
    script: Annotated[str, Field(max_length=20_000, description="Empty: none")] | None = None
    missed: Annotated[str, Field(max_length=30)] | None = None
    name: _Name | None = None


async def _schedule_task(call: Call, said: ScheduleTask) -> str:
    folder = await _folder(call, said.target_group)
    new = NewTask(
        group=folder,
        address=await _chat(call, folder),
        prompt=said.prompt,
        schedule=Schedule(kind=said.schedule_type, value=said.schedule_value.strip()),
        context=said.context_mode,
        missed=said.missed,
        script=said.script,
        name=said.name,
    )
    call.spend(Allowance.TASK_CHANGES)
    for known in await call.desk.tasks.all(folder):
        if known.state is TaskState.ACTIVE and _same(known, new):
            # A turn that starts again repeats what it did; nobody wants the same thing done twice at a time either.
            return f"There is such a task already.\n{describe(call.desk, known)}"
    return f"Scheduled.\n{describe(call.desk, await call.desk.tasks.add(new))}"


async def _list_tasks(call: Call, said: ListTasks) -> str:
    whole = call.caller.group.is_main and not said.target_group
    found = await call.desk.tasks.all(None if whole else await _folder(call, said.target_group))
    if not found:
        return "There are no tasks."
    lines = [context(call.desk.zone), *(one_task(task, call.desk.zone) for task in found[:_TASKS_SHOWN])]
    if len(found) > _TASKS_SHOWN:
        lines.append(f"{len(found) - _TASKS_SHOWN} more, due later, are not shown.")
    return "\n".join(lines)


async def _get_task(call: Call, said: OneTask) -> str:
    task = await _mine(call, said.task_id)
    runs = await call.desk.tasks.runs(task.id, _RUNS_SHOWN)
    history = "\n".join(one_run(run, call.desk.zone) for run in runs) if runs else "It has not run yet."
    return f"{describe(call.desk, task, whole=True)}\n{history}"


async def _update_task(call: Call, said: UpdateTask) -> str:
    task = await _mine(call, said.task_id)
    change = TaskChange(
        prompt=said.prompt,
        schedule=_schedule(task, said),
        context=said.context_mode,
        missed=said.missed,
        script=said.script,
        name=said.name,
    )
    if change == TaskChange():
        raise ToolRefusedError("Nothing is to be changed", hint="Give what is to be new.", reason=Reason.ARGUMENTS)
    call.spend(Allowance.TASK_CHANGES)
    return f"Changed.\n{describe(call.desk, await call.desk.tasks.update(task.id, change))}"


async def _pause_task(call: Call, said: OneTask) -> str:
    task = await _mine(call, said.task_id)
    call.spend(Allowance.TASK_CHANGES)
    return f"Paused.\n{describe(call.desk, await call.desk.tasks.pause(task.id))}"


async def _resume_task(call: Call, said: OneTask) -> str:
    task = await _mine(call, said.task_id)
    call.spend(Allowance.TASK_CHANGES)
    return f"Resumed.\n{describe(call.desk, await call.desk.tasks.resume(task.id))}"


async def _cancel_task(call: Call, said: OneTask) -> str:
    task = await _mine(call, said.task_id)
    call.spend(Allowance.TASK_CHANGES)
    await call.desk.tasks.cancel(task.id)
    return f"Task {task.id} is cancelled. Its history stays."


async def _folder(call: Call, target: str) -> GroupFolder:
    """Whose tasks are meant. Raises ToolRefusedError."""
    own = call.caller.group
    if target in {"", own.folder}:
        return own.folder
    if not own.is_main:
        raise ToolRefusedError(
            "A group can only have and see tasks of its own",
            hint="Leave target_group out; the main group can do this for others.",
            reason=Reason.OTHER_GROUP,
        )
    for group in await call.desk.groups.all():
        if group.folder == target:
            return group.folder
    raise no_group(target)


async def _chat(call: Call, folder: GroupFolder) -> ChatAddress:
    """Where a task's results go: here, or a group's most recently used chat. Raises ToolRefusedError."""
    if folder == call.caller.group.folder and call.caller.address is not None:
        return call.caller.address
    address = await call.desk.groups.chat_of(folder)
    if address is None:
        raise ToolRefusedError(f"The group {folder!r} has no chat for the results", reason=Reason.NO_CHAT)
    return address


async def _mine(call: Call, identity: int) -> Task:
    """A task that the caller may see. Raises ToolRefusedError: whether there is none or it is another group's."""
    reason = Reason.NOT_FOUND
    try:
        task = await call.desk.tasks.get(TaskId(identity))
    except NoSuchTaskError:
        pass
    else:
        if call.caller.group.is_main or task.group == call.caller.group.folder:
            return task
        reason = Reason.OTHER_GROUP
    raise ToolRefusedError(
        f"There is no task {identity} for this group", hint="list_tasks shows them.", reason=reason
    ) from None


def _schedule(task: Task, said: UpdateTask) -> Schedule | None:
    if said.schedule_value is None:
        if said.schedule_type is not None:
            raise ToolRefusedError("schedule_type alone says nothing", hint="Give schedule_value, too.")
        return None
    return Schedule(kind=said.schedule_type or task.schedule.kind, value=said.schedule_value.strip())


def _same(known: Task, new: NewTask) -> bool:
    parts = ("address", "prompt", "schedule", "context", "missed", "script", "name")
    return all(getattr(known, part) == getattr(new, part) for part in parts)


TOOLS = (
    AgentTool(
        name="schedule_task",
        description=(
            "Have something done later or regularly: at each time you are given the prompt, and your answer goes to "
            "the chat. Returns the task with its next times."
        ),
        arguments=ScheduleTask,
        run=_schedule_task,
    ),
    AgentTool(
        name="list_tasks",
        description="Tasks that are active or paused.",
        arguments=ListTasks,
        run=_list_tasks,
        only_reads=True,
    ),
    AgentTool(
        name="get_task",
        description="One task in full, with its newest runs.",
        arguments=OneTask,
        run=_get_task,
        only_reads=True,
    ),
    AgentTool(
        name="update_task",
        description="Change a task; what is left out stays. Values as in schedule_task.",
        arguments=UpdateTask,
        run=_update_task,
    ),
    AgentTool(name="pause_task", description="Let a task rest.", arguments=OneTask, run=_pause_task),
    AgentTool(
        name="resume_task",
        description="Go on with a paused task at its next time.",
        arguments=OneTask,
        run=_resume_task,
    ),
    AgentTool(name="cancel_task", description="End a task for good.", arguments=OneTask, run=_cancel_task),
)

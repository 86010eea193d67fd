"""Scheduled tasks: the operations, and what each answers."""

from collections.abc import Awaitable, Callable

from nanoclaw.agents.tools.contract import NoSuchTaskError
from nanoclaw.control.route import Answer, Route
from nanoclaw.control.service import Service
from nanoclaw.control.task_desk import TaskDesk
from nanoclaw.control.task_shapes import (
    AddTaskRequest,
    RunList,
    RunQuery,
    RunShape,
    TaskList,
    TaskQuery,
    TaskShape,
    UpdateTaskRequest,
)

_LAST = 2**63 - 1


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text[:20]) > _LAST or len(text) > len(str(_LAST)):
        raise NoSuchTaskError("There is no such task", hint="Tasks have numbers; `nanoclaw tasks list` shows them.")
    return int(text)


async def _tasks(service: Service, _place: str, query: TaskQuery) -> TaskList:
    return await service.tasks.all(query.group, query.limit)


async def _task(service: Service, task: str, _request: None) -> TaskShape:
    return await service.tasks.get(_number(task))


async def _add(service: Service, _place: str, request: AddTaskRequest) -> TaskShape:
    return await service.tasks.add(request)


async def _update(service: Service, task: str, request: UpdateTaskRequest) -> TaskShape:
    return await service.tasks.update(_number(task), request)


async def _run(service: Service, task: str, _request: None) -> RunShape:
    return await service.tasks.run_now(_number(task))


async def _runs(service: Service, task: str, query: RunQuery) -> RunList:
    return await service.tasks.runs(_number(task), query.limit)


def _change(do: Callable[[TaskDesk, int], Awaitable[TaskShape]]) -> Answer:
    async def answer(service: Service, task: str, _request: None) -> TaskShape:
        return await do(service.tasks, _number(task))

    return answer


def _post(verb: str, summary: str, answer: Answer, response: type[TaskShape] | type[RunShape] = TaskShape) -> Route:
    return Route(
        method="POST",
        path=f"/v1/tasks/{{id}}/{verb}",
        name=f"{verb}_task",
        summary=summary,
        answer=answer,
        response=response,
        problems=(404, 422, 503),
    )


TASK_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/tasks",
        name="tasks",
        summary="Scheduled tasks that are active or paused, the next due first.",
        answer=_tasks,
        query=TaskQuery,
        response=TaskList,
        problems=(400, 404, 422),
    ),
    Route(
        method="POST",
        path="/v1/tasks",
        name="add_task",
        summary="Make a scheduled task.",
        answer=_add,
        body=AddTaskRequest,
        response=TaskShape,
        status=201,
        problems=(400, 404, 413, 422, 503),
    ),
    Route(
        method="GET",
        path="/v1/tasks/{id}",
        name="task",
        summary="One scheduled task.",
        answer=_task,
        response=TaskShape,
        problems=(404,),
    ),
    Route(
        method="PATCH",
        path="/v1/tasks/{id}",
        name="update_task",
        summary="Change a scheduled task.",
        answer=_update,
        body=UpdateTaskRequest,
        response=TaskShape,
        problems=(400, 404, 413, 422, 503),
    ),
    _post("pause", "Let a scheduled task rest.", _change(lambda desk, task: desk.pause(task))),
    _post("resume", "Let a task go on with its next future time.", _change(lambda desk, task: desk.resume(task))),
    _post("cancel", "End a task for good; its history stays.", _change(lambda desk, task: desk.cancel(task))),
    _post("run", "Run a task once more, now, beside its schedule.", _run, RunShape),
    Route(
        method="GET",
        path="/v1/tasks/{id}/runs",
        name="task_runs",
        summary="A task's newest runs, newest first.",
        answer=_runs,
        query=RunQuery,
        response=RunList,
        problems=(400, 404, 422),
    ),
)

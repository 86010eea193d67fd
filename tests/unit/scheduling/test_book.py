"""Changes of tasks."""

from dataclasses import replace

import pytest

from nanoclaw.agents.tools.contract import InvalidTaskError, NoSuchTaskError, TaskChange
from nanoclaw.model.tasks import ContextMode, Schedule, ScheduleKind, TaskId, TaskState
from nanoclaw.scheduling.missed import read_policy
from tests.unit.scheduling.conftest import HOUR, Desk


async def test_what_cannot_be_run_is_refused(desk: Desk) -> None:
    for kind, value, missed in (
        ("cron", "nonsense", "once"),
        ("interval", "5", "once"),
        ("once", "2001-01-01T00:00", "once"),
        ("interval", str(HOUR), "sometimes"),
    ):
        with pytest.raises(InvalidTaskError):
            await desk.add(kind, value, missed=missed)
    desk.groups.clear()
    with pytest.raises(InvalidTaskError, match="no group"):
        await desk.add()
    assert await desk.book.all() == ()


async def test_a_change_keeps_what_it_does_not_name(desk: Desk) -> None:
    task = await desk.add()
    changed = await desk.book.update(task.id, TaskChange(prompt="Other", context=ContextMode.ISOLATED))
    assert changed == replace(task, prompt="Other", context=ContextMode.ISOLATED)
    moved = await desk.book.update(
        task.id, TaskChange(schedule=Schedule(kind=ScheduleKind.INTERVAL, value=str(2 * HOUR)))
    )
    assert moved.next_at == task.created_at + 2 * HOUR


async def test_a_change_that_is_refused_changes_nothing(desk: Desk) -> None:
    task = await desk.add()
    for change in (
        TaskChange(missed="sometimes"),
        TaskChange(prompt=" "),
        TaskChange(name="n" * 101),
        TaskChange(script="s" * 100_001),
        TaskChange(schedule=Schedule(kind=ScheduleKind.CRON, value="whenever"), prompt="Other"),
    ):
        with pytest.raises(InvalidTaskError):
            await desk.book.update(task.id, change)
    assert await desk.book.get(task.id) == task


async def test_a_task_that_is_over_cannot_be_changed(desk: Desk) -> None:
    task = await desk.add()
    assert (await desk.book.cancel(task.id)).state is TaskState.CANCELLED
    for change in (desk.book.pause, desk.book.resume, desk.book.run_now):
        with pytest.raises(InvalidTaskError, match="over"):
            await change(task.id)
    assert await desk.book.all() == ()


async def test_to_resume_a_task_that_does_not_rest_leaves_its_time(desk: Desk) -> None:
    task = await desk.add()
    desk.clock.value += HOUR
    assert (await desk.book.resume(task.id)).next_at == task.next_at
    await desk.book.pause(task.id)
    assert (await desk.book.resume(task.id)).next_at == task.created_at + 2 * HOUR


async def test_a_task_that_is_not_there_is_said_to_be_so(desk: Desk) -> None:
    with pytest.raises(NoSuchTaskError):
        await desk.book.get(TaskId(99))


async def test_the_next_times_are_shown_in_the_zone(desk: Desk) -> None:
    task = await desk.add("cron", "30 8 * * *")
    times = desk.book.upcoming(task, 5)
    assert [(time.hour, time.minute) for time in times] == [(8, 30)] * 5
    assert str(times[0].tzinfo) == "Europe/Zurich"


@pytest.mark.parametrize("text", ["", "never", "window:", "window:0h", "window:2w", "window:-2h"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(InvalidTaskError):
        read_policy(text)

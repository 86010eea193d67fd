"""Each occurrence at most once, and what becomes of those that passed."""

import asyncio

import pytest

from nanoclaw.agents.tools.contract import TaskChange
from nanoclaw.model.tasks import RunId, RunState, Schedule, ScheduleKind, TaskState
from nanoclaw.model.turns import TurnState
from nanoclaw.scheduling.contract import RunOutcome, ScriptVerdict
from nanoclaw.store.tasks import RunEnd
from tests.fakes.waiting import until
from tests.unit.scheduling.conftest import HOUR, MINUTE, Desk


async def test_what_is_due_is_handed_over_with_its_prompt_and_settled_when_it_ends(desk: Desk) -> None:
    task = await desk.add()
    await desk.tick(HOUR - 1)
    assert desk.submitted == []
    await desk.tick(1)
    ((_, prompt),) = desk.submitted
    assert "Water &lt;the&gt; plants" in prompt
    assert "late=" not in prompt
    assert await desk.states(task) == ["started"]
    await desk.end()
    (run,) = await desk.tasks.runs(task.id, 5)
    assert (run.state, run.result, run.cost_usd, run.delivered) == (RunState.SUCCEEDED, "Done", 0.5, True)
    assert desk.told == []


async def test_a_run_whose_result_was_not_delivered_has_failed_and_the_owner_is_told_once(desk: Desk) -> None:
    task = await desk.add()
    await desk.tick(HOUR)
    await desk.end(delivered=False)
    await desk.tick()
    assert await desk.states(task) == ["failed"]
    assert len(desk.told) == 1
    assert "delivered" in desk.told[0]


async def test_a_run_that_failed_is_told_and_one_that_was_stopped_is_not(desk: Desk) -> None:
    await desk.add()
    await desk.tick(HOUR)
    await desk.end(TurnState.STOPPED, delivered=None)
    assert desk.told == []
    await desk.tick(HOUR)
    await desk.end(TurnState.FAILED, delivered=None)
    assert len(desk.told) == 1


async def test_the_next_time_waits_while_the_last_run_goes_on_and_many_become_one(desk: Desk) -> None:
    task = await desk.add()
    await desk.tick(HOUR)
    await desk.tick(3 * HOUR)
    assert len(desk.submitted) == 1
    await desk.end()
    assert len(desk.submitted) == 2
    assert await desk.states(task) == ["succeeded", "missed", "started"]


@pytest.mark.parametrize(
    ("policy", "hours", "states"),
    [
        ("once", 2.5, ["missed", "started"]),
        ("skip", 2.5, ["missed"]),
        ("window:45m", 2.5, ["missed", "started"]),
        ("window:10m", 2.5, ["missed"]),
        ("skip", 1, ["started"]),
    ],
)
async def test_times_that_passed_go_by_the_tasks_own_policy(
    desk: Desk, policy: str, hours: float, states: list[str]
) -> None:
    task = await desk.add(missed=policy)
    await desk.tick(int(hours * HOUR))
    assert await desk.states(task) == states
    if "started" in states and hours > 1:
        assert "late=" in desk.submitted[0][1]
    assert len(desk.told) == states.count("missed")


async def test_thousands_of_missed_times_are_one_row_that_counts_them(desk: Desk) -> None:
    task = await desk.add(value=str(MINUTE), missed="skip")
    await desk.tick(5000 * MINUTE + 61_000 + MINUTE)
    runs = await desk.tasks.runs(task.id, 100)
    assert len(runs) <= 2
    assert "5,00" in runs[-1].error
    assert len(desk.told) == 1


async def test_the_newest_of_more_cron_times_than_are_counted_is_the_one_that_is_run(desk: Desk) -> None:
    task = await desk.add("cron", "* * * * *", missed="window:5m")
    await desk.tick(12_000 * MINUTE)
    run, missed = await desk.tasks.runs(task.id, 5)
    assert run.state is RunState.STARTED
    assert 0 <= desk.clock.now() - run.scheduled_at < MINUTE
    assert run.scheduled_at - missed.scheduled_at == MINUTE
    assert missed.error == "at least 10,000 runs were missed"


async def test_a_single_moment_that_was_missed_is_made_up_for_and_the_task_is_over(desk: Desk) -> None:
    task = await desk.add("once", "2026-12-24T18:00")
    await desk.tick(200 * 24 * HOUR)
    assert await desk.states(task) == ["started"]
    found = await desk.tasks.get(task.id)
    assert found is not None
    assert (found.state, found.next_at) == (TaskState.DONE, None)


async def test_a_paused_task_does_nothing_and_goes_on_with_the_next_future_time(desk: Desk) -> None:
    task = await desk.add()
    await desk.book.pause(task.id)
    await desk.tick(10 * HOUR + 5)
    assert await desk.states(task) == []
    resumed = await desk.book.resume(task.id)
    assert resumed.next_at == task.created_at + 11 * HOUR
    await desk.tick()
    assert await desk.states(task) == []


async def test_a_script_decides_whether_the_agent_is_woken_and_with_what(desk: Desk) -> None:
    task = await desk.add(script="check")
    desk.verdict = ScriptVerdict(wake=False)
    await desk.tick(HOUR)
    assert (await desk.states(task), desk.submitted) == (["skipped"], [])
    desk.verdict = ScriptVerdict(wake=True, data='{"mail": "<3>"}')
    await desk.tick(HOUR)
    assert "<script-data>{&quot;mail&quot;: &quot;&lt;3&gt;&quot;}</script-data>" in desk.submitted[0][1]
    await desk.end()
    desk.verdict = ScriptVerdict(wake=False, error="exit status 1")
    await desk.tick(HOUR)
    assert await desk.states(task) == ["skipped", "succeeded", "failed"]
    assert "exit status 1" in desk.told[0]


async def test_a_run_by_hand_is_beside_the_schedule(desk: Desk) -> None:
    task = await desk.add()
    run = await desk.book.run_now(task.id)
    again = await desk.book.run_now(task.id)
    assert run.by_hand
    assert again.id != run.id
    await desk.tick()
    assert len(desk.submitted) == 2
    assert 'started="by hand"' in desk.submitted[0][1]
    assert (await desk.book.get(task.id)).next_at == task.next_at


async def test_a_kill_before_the_owner_is_told_has_it_told_later_and_once(desk: Desk) -> None:
    await desk.add(missed="skip")
    await desk.add(missed="once")
    desk.clock.value += HOUR
    await desk.tick()
    for run, _ in desk.submitted:
        await desk.tasks.end(run, RunEnd(state=RunState.FAILED, finished_at=desk.clock.now(), error="broke"))
    desk.clock.value += 3 * HOUR
    for due in await desk.tasks.due():
        await desk.tasks.come([desk.scheduler.occurrences(due)])
    assert desk.told == []
    again = await desk.restart()
    for _ in range(3):
        await again.tick()
    assert len(again.told) == 4
    assert sum("failed: broke" in text for text in again.told) == 2
    assert sum("were missed" in text or "was missed" in text for text in again.told) == 2
    last = await again.restart()
    await last.database.write(
        lambda connection: connection.execute("UPDATE runs SET told = 0 WHERE state <> 'started'")
    )
    await last.tick()
    assert len(last.told) == 4
    await last.database.close()


async def test_a_task_that_was_paused_or_changed_meanwhile_does_not_run_as_it_was(desk: Desk) -> None:
    paused, changed, cancelled = await desk.add(), await desk.add(), await desk.add("once", "2026-12-24T18:00")
    desk.clock.value += 200 * 24 * HOUR
    due = await desk.tasks.due()
    assert {task.id for task in due} == {paused.id, changed.id, cancelled.id}
    await desk.book.pause(paused.id)
    new = Schedule(kind=ScheduleKind.INTERVAL, value=str(7 * HOUR))
    moved = await desk.book.update(changed.id, TaskChange(schedule=new))
    await desk.book.cancel(cancelled.id)
    assert await desk.tasks.come([desk.scheduler.occurrences(task) for task in due]) == ()
    assert [await desk.states(task) for task in (paused, changed, cancelled)] == [[], [], []]
    assert await desk.book.get(changed.id) == moved
    assert (await desk.book.get(cancelled.id)).state is TaskState.CANCELLED


async def test_a_run_that_cannot_be_handed_over_is_tried_again_but_not_at_once(desk: Desk) -> None:
    task = await desk.add()
    desk.broken = True
    desk.clock.value += HOUR
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        loop = tasks.create_task(desk.scheduler.run(), name="scheduler")
        desk.scheduler.look()
        await asyncio.sleep(0.5)
        assert desk.tries == 1
        assert await desk.states(task) == ["due"]
        desk.broken = False
        desk.scheduler.look()
        await until(lambda: desk.submitted)
        loop.cancel()


async def test_a_task_whose_group_is_gone_ends_and_its_script_is_not_run_again(desk: Desk) -> None:
    task = await desk.add(script="check")
    desk.verdict = ScriptVerdict(wake=False, gone=True)
    await desk.tick(HOUR)
    await desk.tick(HOUR)
    assert await desk.states(task) == ["failed"]
    assert (await desk.book.get(task.id)).state is TaskState.CANCELLED
    assert len(desk.told) == 1


async def test_a_task_whose_group_is_gone_ends_and_is_told(desk: Desk) -> None:
    task = await desk.add()
    desk.groups.clear()
    await desk.tick(HOUR)
    assert await desk.states(task) == ["failed"]
    assert (await desk.book.get(task.id)).state is TaskState.CANCELLED
    assert len(desk.told) == 1


async def test_a_kill_between_writing_down_and_handing_over_loses_nothing(desk: Desk) -> None:
    task = await desk.add()
    desk.clock.value += HOUR
    (due,) = await desk.tasks.due()
    await desk.tasks.come([desk.scheduler.occurrences(due)])
    again = await desk.restart()
    await again.tick()
    await again.tick()
    assert len(again.submitted) == 1
    assert await again.states(task) == ["started"]
    await again.database.close()


async def test_a_kill_between_handing_over_and_noting_it_hands_over_once(desk: Desk) -> None:
    task = await desk.add()
    await desk.tick(HOUR)
    run = desk.submitted[0][0]
    await desk.database.write(lambda connection: connection.execute("UPDATE runs SET state = 'due', started_at = NULL"))
    again = await desk.restart()
    await again.tick()
    assert [known for known, _ in again.submitted] == [run]
    assert await again.states(task) == ["started"]
    await again.end()
    assert await again.states(task) == ["succeeded"]
    await again.database.close()


async def test_a_kill_while_its_script_runs_fails_the_run_and_does_not_repeat_it(desk: Desk) -> None:
    task = await desk.add(script="check")
    desk.clock.value += HOUR
    (due,) = await desk.tasks.due()
    await desk.tasks.come([desk.scheduler.occurrences(due)])
    assert await desk.tasks.start(RunId(1))
    again = await desk.restart()
    await again.tick()
    assert (again.scripts, again.submitted) == ([], [])
    assert await again.states(task) == ["failed"]
    assert "interrupted" in again.told[0]
    await again.database.close()


async def test_a_task_that_cannot_be_read_is_set_aside_and_holds_up_nobody(desk: Desk) -> None:
    bad, good = await desk.add(), await desk.add()
    change = "UPDATE tasks SET missed = 'whatever' WHERE id = 1"
    await desk.database.write(lambda connection: connection.execute(change))
    await desk.tick(HOUR)
    assert (await desk.book.get(bad.id)).state is TaskState.PAUSED
    assert await desk.states(good) == ["started"]
    assert "paused" in desk.told[0]


async def test_the_loop_starts_a_run_when_its_time_comes(desk: Desk) -> None:
    task = await desk.add(value="1000")
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        loop = tasks.create_task(desk.scheduler.run(), name="scheduler")
        desk.clock.value += 1000
        desk.scheduler.look()
        while await desk.states(task) != ["started"]:  # noqa: ASYNC110 - the store has no event
            await asyncio.sleep(0.01)
        loop.cancel()
    assert len(desk.submitted) == 1


async def test_a_missed_run_is_told_at_once(desk: Desk) -> None:
    await desk.add(missed="skip")
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        loop = tasks.create_task(desk.scheduler.run(), name="scheduler")
        await asyncio.sleep(0.2)
        desk.clock.value += 3 * HOUR + HOUR // 2
        desk.scheduler.look()
        await until(lambda: desk.told)
        loop.cancel()
    assert "3 runs were missed" in desk.told[0]


async def test_what_is_due_is_found_by_an_index_among_many_tasks(desk: Desk) -> None:
    await desk.add()
    plan = await desk.database.read(
        lambda connection: connection.execute(
            "EXPLAIN QUERY PLAN SELECT t.* FROM tasks t WHERE t.state = 'active' AND t.next_at <= 5"
        ).fetchall()
    )
    assert "tasks_due" in str(plan)


async def test_the_loop_settles_a_run_that_was_noticed_and_starts_what_waited_for_it(desk: Desk) -> None:
    task = await desk.add(value="1000")
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        loop = tasks.create_task(desk.scheduler.run(), name="scheduler")
        desk.clock.value += 1000
        desk.scheduler.look()
        await until(lambda: desk.submitted)
        desk.clock.value += 1000
        run = desk.submitted[0][0]
        desk.outcomes[run] = RunOutcome(state=TurnState.ANSWERED, finished_at=desk.clock.now(), delivered=True)
        desk.scheduler.noticed(run)
        await until(lambda: len(desk.submitted) >= 2)
        loop.cancel()
    assert (await desk.states(task))[0] == "succeeded"


async def test_many_open_runs_are_not_all_looked_at_when_one_of_them_ends(desk: Desk) -> None:
    for _ in range(20):
        await desk.add()
    await desk.tick(HOUR)
    asked = len(desk.asked)
    ended = desk.submitted[0][0]
    desk.scheduler.noticed(ended)
    await desk.scheduler.settle(sweeps=False)
    assert desk.asked[asked:].count(ended) == 1
    assert set(desk.asked[asked:]) <= {run for run, _ in desk.submitted}
    asked = len(desk.asked)
    desk.scheduler.noticed(ended)
    await desk.scheduler.settle(sweeps=False)
    assert desk.asked[asked:] == [ended]

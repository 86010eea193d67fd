"""Which groups work."""

import asyncio
from collections.abc import Callable

from nanoclaw.dispatch.signals import AgentState
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import Turn, TurnState
from tests.fakes.waiting import until
from tests.unit.dispatch.conftest import Office


async def groups(office: Office, *names: str) -> list[Group]:
    return [await office.store.add_group(name) for name in names]


async def test_turns_that_an_earlier_daemon_left_are_taken_up(office: Office, main: Group) -> None:
    running = await office.receive("one")
    await office.store.claim(main)
    (other,) = await groups(office, "other")
    queued = await office.receive("two", "other")
    office.crew.reply = lambda prompt: f"to {prompt}"
    async with office.dispatching():
        assert [reply.text for reply in (await office.ended(running)).replies] == ["to one"]
        assert [reply.text for reply in (await office.ended(queued)).replies] == ["to two"]
    assert other.folder == "other"


async def test_a_turn_that_outlived_too_many_workers_is_given_up_and_told(office: Office, main: Group) -> None:
    turn = await office.receive("poison")
    for _ in range(5):
        await office.store.claim(main)
        await office.turns.recover(limit=5)
    await office.store.claim(main)
    async with office.dispatching():
        assert len((await office.ended(turn, TurnState.FAILED)).replies) == 1
    assert office.crew.agents == []


async def test_only_so_many_work_at_once_and_the_others_follow_in_order(office: Office) -> None:
    office.at_once = 2
    names = ["a", "b", "c", "d"]
    all_groups = await groups(office, *names)
    async with office.dispatching() as dispatcher:
        for group in all_groups:
            await office.receive(f"for {group.folder}", group.folder)
            dispatcher.wake(group)
        served = []
        for _ in names:
            agent, _ = await office.crew.next_given()
            served.append(agent.group.folder)
            assert len(dispatcher.workers) <= 2
            if len(served) >= 2:
                office.crew.agents[len(served) - 2].answer("done")
        assert served == names


async def test_an_idle_agent_makes_room_for_a_group_that_waits(office: Office) -> None:
    office.at_once = 1
    office.crew.reply = lambda _: "done"
    first, second = await groups(office, "a", "b")
    async with office.dispatching() as dispatcher:
        turn = await office.receive("one", "a")
        dispatcher.wake(first)
        await office.ended(turn)
        turn = await office.receive("two", "b")
        dispatcher.wake(second)
        await office.ended(turn)
    assert office.crew.agents[0].closed == "gently"


async def test_a_group_that_always_has_more_to_do_gives_its_place_up_when_others_have_waited_long(
    office: Office,
) -> None:
    office.at_once, office.sweep_seconds, office.turn_seconds = 1, 0.05, 600
    first, second = await groups(office, "a", "b")
    async with office.dispatching() as dispatcher:
        await office.receive("one", "a")
        dispatcher.wake(first)
        agent, _ = await office.crew.next_given()
        waiting = await office.receive("for b", "b")
        dispatcher.wake(second)
        for number in range(2):
            await office.receive(f"more {number}", "a")
            agent.answer("done")
            again, _ = await office.crew.next_given()
            assert again is agent, "it keeps its place for a while"
        office.clock.ahead += 31
        last = await office.receive("still more", "a")
        await asyncio.sleep(0.2)
        agent.answer("done")
        other, _ = await office.crew.next_given()
        assert other.group.folder == "b"
        office.crew.reply = lambda _: "done"
        other.answer("done")
        await office.ended(waiting)
        await office.ended(last)
    assert [agent.closed for agent in office.crew.agents[:2]] == ["gently", "gently"]


async def test_no_more_idle_agents_leave_than_groups_wait(office: Office) -> None:
    office.at_once = 3
    office.crew.reply = lambda _: "done"
    all_groups = await groups(office, "a", "b", "c", "d")
    async with office.dispatching() as dispatcher:
        for group in all_groups[:3]:
            turn = await office.receive("hello", group.folder)
            dispatcher.wake(group)
            await office.ended(turn)
            await until(lambda: dispatcher.workers[-1].state is AgentState.IDLE)
        office.crew.closing.clear()
        turn = await office.receive("hello", "d")
        dispatcher.wake(all_groups[3])
        await asyncio.sleep(0.1)
        leaving = [worker for worker in dispatcher.workers if worker.state is AgentState.CLOSING]
        assert [worker.group.folder for worker in leaving] == ["a"], "the one that has been idle the longest"
        office.crew.closing.set()
        await office.ended(turn)


async def test_a_message_for_an_agent_that_is_just_closing_starts_another(office: Office, main: Group) -> None:
    office.crew.reply = lambda _: "done"
    async with office.dispatching() as dispatcher:
        first = await office.receive("one")
        dispatcher.wake(main)
        await office.ended(first)
        office.crew.closing.clear()
        dispatcher.release(main.id)
        await until(lambda: dispatcher.workers[0].state is AgentState.CLOSING)
        second = await office.receive("two")
        dispatcher.wake(main)
        office.crew.closing.set()
        await office.ended(second)
    assert len(office.crew.agents) == 2


async def test_expecting_a_group_starts_its_agent_ahead_once(office: Office) -> None:
    (first,) = await groups(office, "a")
    async with office.dispatching() as dispatcher:
        dispatcher.expect(first)
        dispatcher.expect(first)
        await until(lambda: [worker.state for worker in dispatcher.workers] == [AgentState.IDLE])
        await office.receive("hello", "a")
        dispatcher.wake(first)
        agent, _ = await office.crew.next_given()
    assert office.crew.agents == [agent]


async def test_an_expected_group_takes_the_place_of_an_idle_agent_but_of_none_that_works(office: Office) -> None:
    office.at_once = 2
    first, second, third, fourth = await groups(office, "a", "b", "c", "d")
    async with office.dispatching() as dispatcher:
        dispatcher.expect(first)
        await until(lambda: [worker.state for worker in dispatcher.workers] == [AgentState.IDLE])
        await office.receive("busy", "b")
        dispatcher.wake(second)
        await office.crew.next_given()
        dispatcher.expect(third)
        await until(lambda: [worker.group.folder for worker in dispatcher.workers] == ["b", "c"])
        await office.receive("busy too", "c")
        dispatcher.wake(third)
        await office.crew.next_given()
        dispatcher.expect(fourth)
        await asyncio.sleep(0.05)
        assert [worker.group.folder for worker in dispatcher.workers] == ["b", "c"]


async def test_a_failed_turn_is_tried_again_when_its_time_has_come(office: Office, main: Group) -> None:
    office.retries = (0.2,)
    turn = await office.receive("hello")
    async with office.dispatching():
        agent, _ = await office.crew.next_given()
        agent.break_down()
        again, given = await office.crew.next_given()
        assert given.turn == turn
        again.answer("At last.")
        await office.ended(turn)
    assert len(office.crew.agents) == 2


async def test_after_the_last_retry_chat_and_owner_are_told_and_the_outbox_is_woken(office: Office) -> None:
    office.retries = (0.01, 0.01)
    await groups(office, "family")
    turn = await office.receive("hello", "family")
    async with office.dispatching():
        for _ in range(3):
            agent, _ = await office.crew.next_given()
            agent.break_down()
        await office.ended(turn, TurnState.FAILED)
        await until(lambda: len(office.delivered) == 2)
    assert len(await office.replies("family")) == 1
    assert len(await office.replies("main")) == 1


async def test_asked_and_interrupt_reach_the_right_worker(office: Office, main: Group) -> None:
    (other,) = await groups(office, "other")
    async with office.dispatching() as dispatcher:
        turn = await office.receive("hello")
        dispatcher.wake(main)
        await office.crew.next_given()
        dispatcher.asked(GroupFolder("main"), office.clock.now())
        await until(lambda: dispatcher.workers[0].state is AgentState.WORKING)
        assert not await dispatcher.interrupt(other.id)
        assert await dispatcher.interrupt(main.id)
        assert (await office.ended(turn, TurnState.STOPPED)).model_request_at


async def test_a_stop_with_time_lets_running_turns_finish_and_takes_nothing_new(office: Office, main: Group) -> None:
    async with office.dispatching() as dispatcher, asyncio.TaskGroup() as tasks:
        turn = await office.receive("hello")
        dispatcher.wake(main)
        agent, _ = await office.crew.next_given()
        stopping = tasks.create_task(dispatcher.stop(10), name="stop")
        await asyncio.sleep(0.05)
        late = await office.receive("late")
        dispatcher.wake(main)
        agent.answer("Hi")
        await stopping
        assert (await office.outcome(turn)).state is TurnState.ANSWERED
        assert (await office.outcome(late)).state is TurnState.QUEUED
        assert dispatcher.workers == ()


async def test_a_stop_without_time_puts_running_turns_back(office: Office, main: Group) -> None:
    async with office.dispatching() as dispatcher:
        turn = await office.receive("hello")
        dispatcher.wake(main)
        agent, _ = await office.crew.next_given()
        async with asyncio.timeout(5):
            await dispatcher.stop(0)
        assert (await office.outcome(turn)).state is TurnState.QUEUED
    assert agent.closed == "at once"


async def test_an_answer_that_could_not_be_written_is_given_again(office: Office, main: Group) -> None:
    office.turns.refuse = 1
    office.crew.reply = lambda _: "Hi"
    async with office.dispatching() as dispatcher:
        turn = await office.receive("one")
        dispatcher.wake(main)
        assert [reply.text for reply in (await office.ended(turn)).replies] == ["Hi"]
    assert await office.replies() == ["Hi"]


async def test_while_nothing_can_be_written_agents_are_not_started_over_and_over(office: Office, main: Group) -> None:
    office.turns.refuse = 1_000
    office.retries = (5, 10)
    office.crew.reply = lambda _: "Hi"
    async with office.dispatching() as dispatcher:
        await office.receive("one")
        dispatcher.wake(main)
        await asyncio.sleep(0.5)
    assert len(office.crew.agents) == 1


async def test_a_message_that_breaks_the_worker_is_tried_as_any_failing_turn_and_told(
    office: Office, main: Group
) -> None:
    def breaks(turn: Turn) -> str:
        raise OverflowError("a time that no calendar has")

    office.prompt = breaks
    async with office.dispatching() as dispatcher:
        turn = await office.receive("poison")
        dispatcher.wake(main)
        outcome = await office.ended(turn, TurnState.FAILED)
    assert len(office.crew.agents) == 3
    assert len(outcome.replies) == 1


async def test_the_sweep_takes_up_the_turns_of_a_worker_that_is_no_more(office: Office, main: Group) -> None:
    office.crew.reply = lambda _: "Hi"
    office.sweep_seconds = 0.1
    async with office.dispatching() as dispatcher:
        lost = await office.receive("one")
        await office.store.claim(main)
        assert dispatcher.workers == ()
        await office.ended(lost)


async def test_a_turn_that_outlived_too_many_workers_is_given_up_and_its_notice_delivered(
    office: Office, main: Group
) -> None:
    turn = await office.receive("poison")
    for _ in range(6):
        await office.store.claim(main)
        await office.turns.recover(limit=100)
    await office.store.claim(main)
    async with office.dispatching():
        outcome = await office.ended(turn, TurnState.FAILED)
        await until(lambda: len(office.delivered) == 1)
    assert "interrupted" in outcome.replies[0].text


async def test_a_worker_that_breaks_breaks_no_other(office: Office, main: Group) -> None:
    (other,) = await groups(office, "other")
    prompts: dict[str, Callable[[], str]] = {"main": lambda: str(1 // 0), "other": lambda: "fine"}
    office.prompt = lambda turn: prompts[turn.group.folder]()
    async with office.dispatching() as dispatcher:
        await office.receive("one")
        turn = await office.receive("two", "other")
        dispatcher.wake(main)
        dispatcher.wake(other)
        agent, _ = await office.crew.next_given()
        agent.answer("Still here.")
        await office.ended(turn)

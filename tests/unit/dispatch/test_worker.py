"""One group at work."""

import asyncio

from nanoclaw.agents.outcomes import AgentLostError, Fault, FaultKind, StaleSessionError, TextWritten, ToolUsed
from nanoclaw.dispatch.signals import AgentState, Asked, Leave, Work
from nanoclaw.events.kinds import TextStreamed, TurnChanged, TurnProgressed
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import SessionId, SessionPosition, TurnState, Usage
from tests.fakes.waiting import until
from tests.unit.dispatch.conftest import Office
from tests.unit.store.conftest import HERE


async def test_a_turn_is_answered_and_the_conversation_moves_on(office: Office, main: Group) -> None:
    turn = await office.receive("hello")
    async with office.running(office.worker(main)):
        agent, given = await office.crew.next_given()
        assert (given.turn, given.prompt) == (turn, "hello")
        agent.answer("Hi|there", usage=Usage(input_tokens=7))
        outcome = await office.ended(turn)
    assert [reply.text for reply in outcome.replies] == ["Hi", "there"]
    assert office.delivered == [HERE]
    assert await office.store.groups.session(main.id) == agent.at("Hi|there")


async def test_typing_is_shown_from_the_start_of_a_turn_to_its_end(office: Office, main: Group) -> None:
    turn = await office.receive("hello")
    async with office.running(office.worker(main)):
        agent, _ = await office.crew.next_given()
        assert office.typing == [(HERE, True)]
        agent.answer("Hi")
        await office.ended(turn)
        await until(lambda: len(office.typing) > 1)
    assert office.typing == [(HERE, True), (HERE, False)]


async def test_an_empty_answer_sends_nothing_and_is_an_answer(office: Office, main: Group) -> None:
    turn = await office.receive("hello")
    async with office.running(office.worker(main)):
        agent, _ = await office.crew.next_given()
        agent.answer("")
        assert (await office.ended(turn)).replies == ()


async def test_a_message_that_comes_while_the_agent_works_is_handed_to_it(office: Office, main: Group) -> None:
    worker = office.worker(main)
    first = await office.receive("one")
    async with office.running(worker):
        agent, _ = await office.crew.next_given()
        second = await office.receive("two")
        worker.tell(Work())
        again, given = await office.crew.next_given()
        assert again is agent
        assert (given.turn, given.prompt) == (second, "two")
        agent.answer("First.", first)
        agent.answer("Second.", second)
        assert [reply.text for reply in (await office.ended(first)).replies] == ["First."]
        assert [reply.text for reply in (await office.ended(second)).replies] == ["Second."]


async def test_one_answer_to_two_turns_is_sent_once_and_ends_both(office: Office, main: Group) -> None:
    worker = office.worker(main)
    first = await office.receive("one")
    async with office.running(worker):
        agent, _ = await office.crew.next_given()
        second = await office.receive("two")
        worker.tell(Work())
        await office.crew.next_given()
        agent.answer("Both.")
        await office.ended(first)
        await office.ended(second)
    assert await office.replies() == ["Both."]


async def test_what_the_agent_says_of_its_own_accord_goes_to_the_last_chat(office: Office, main: Group) -> None:
    turn = await office.receive("remind me")
    async with office.running(office.worker(main)):
        agent, _ = await office.crew.next_given()
        agent.answer("I will.")
        await office.ended(turn)
        agent.volunteer("Now!")
        agent.volunteer("")
        await until(lambda: len(office.delivered) == 2)
    assert await office.replies() == ["I will.", "Now!"]
    assert await office.store.groups.session(main.id) == agent.at("")


async def test_progress_is_broadcast(office: Office, main: Group) -> None:
    worker = office.worker(main)
    turn = await office.receive("hello")
    with office.broadcast.subscribe() as events:
        async with office.running(worker):
            agent, _ = await office.crew.next_given()
            worker.tell(Asked(at=Milliseconds(77)))
            agent.say(ToolUsed(tool="Bash"))
            agent.say(TextWritten(text="Hi"))
            agent.answer("Hi")
            outcome = await office.ended(turn)
        seen = [await events.next() for _ in range(5)]
    assert outcome.model_request_at == 77
    shown = [
        (event.state if isinstance(event, TurnChanged) else event.detail if isinstance(event, TurnProgressed) else None)
        for event in seen
    ]
    texts = [event.text for event in seen if isinstance(event, TextStreamed)]
    assert sorted(map(str, shown)) == sorted(["running", "", "Bash", "None", "answered"])
    assert texts == ["Hi"]


async def test_an_interrupt_stops_the_turn_and_the_agent_stays(office: Office, main: Group) -> None:
    worker = office.worker(main)
    turn = await office.receive("hello")
    async with office.running(worker):
        agent, _ = await office.crew.next_given()
        await until(lambda: worker.state is AgentState.WORKING)
        assert await worker.interrupt()
        await office.ended(turn, TurnState.STOPPED)
        await until(lambda: worker.state is AgentState.IDLE)
        assert not await worker.interrupt()
        await office.receive("and now?")
        worker.tell(Work())
        assert await office.crew.next_given() == (agent, agent.given[1])
        assert agent.given[1].prompt == "and now?"
    assert await office.replies() == []


async def test_a_turn_that_is_interrupted_before_its_agent_is_up_is_never_given(office: Office, main: Group) -> None:
    worker = office.worker(main)
    office.crew.doors.clear()
    first = await office.receive("one")
    async with office.running(worker):
        await office.crew.started.get()
        assert await worker.interrupt()
        second = await office.receive("two")
        office.crew.doors.set()
        await office.ended(first, TurnState.STOPPED)
        agent, given = await office.crew.next_given()
        assert given.turn == second
        agent.answer("Two.")
        await office.ended(second)
        await until(lambda: worker.state is AgentState.IDLE)
    assert [one.turn for one in agent.given] == [second], "each turn is given once"


async def test_a_stale_entry_is_left_out_of_the_resumption(office: Office, main: Group) -> None:
    await office.store.groups.set_session(main.id, SessionPosition(session=SessionId("s"), entry="e"))
    office.crew.failures = [StaleSessionError(entry_only=True)]
    office.crew.reply = lambda _: "Hi"
    turn = await office.receive("hello")
    async with office.running(office.worker(main)):
        await office.ended(turn)
    assert [agent.position for agent in office.crew.agents] == [
        SessionPosition(session=SessionId("s"), entry="e"),
        SessionPosition(session=SessionId("s"), entry=None),
    ]


async def test_a_stale_conversation_is_begun_afresh(office: Office, main: Group) -> None:
    await office.store.groups.set_session(main.id, SessionPosition(session=SessionId("s"), entry="e"))
    office.crew.failures = [StaleSessionError(entry_only=True), StaleSessionError(entry_only=False)]
    office.crew.reply = lambda _: "Hi"
    turn = await office.receive("hello")
    async with office.running(office.worker(main)):
        await office.ended(turn)
    assert office.crew.agents[-1].position is None


async def test_a_conversation_found_stale_later_is_forgotten_and_the_turn_waits_without_blame(
    office: Office, main: Group
) -> None:
    await office.store.groups.set_session(main.id, SessionPosition(session=SessionId("s"), entry="e"))
    turn = await office.receive("hello")
    async with office.running(office.worker(main)) as task:
        agent, _ = await office.crew.next_given()
        agent.break_down(StaleSessionError(entry_only=False))
        await asyncio.wait({task}, timeout=10)
    assert await office.store.groups.session(main.id) is None
    again = await office.turns.claim(main.id)
    assert again is not None
    assert (again.id, again.attempt) == (turn, 0)


async def test_an_agent_that_calls_every_conversation_stale_does_not_go_on_for_ever(
    office: Office, main: Group
) -> None:
    office.crew.failures = [StaleSessionError(entry_only=False) for _ in range(50)]
    turn = await office.receive("hello")
    async with office.running(office.worker(main)) as task:
        await asyncio.wait({task}, timeout=10)
    assert len(office.crew.agents) < 5
    assert (await office.outcome(turn)).state is TurnState.QUEUED
    assert (await office.outcome(turn)).error


async def test_a_silent_turn_fails_and_its_agent_is_ended_at_once(office: Office, main: Group) -> None:
    office.turn_seconds = 0.1
    turn = await office.receive("hello")
    async with office.running(office.worker(main)) as task:
        agent, _ = await office.crew.next_given()
        await asyncio.wait({task}, timeout=10)
    outcome = await office.outcome(turn)
    assert outcome.state is TurnState.QUEUED
    assert "no sign of life" in str(outcome.error)
    assert agent.closed


async def test_a_turn_with_signs_of_life_may_last(office: Office, main: Group) -> None:
    office.turn_seconds = 1.0
    turn = await office.receive("hello")
    async with office.running(office.worker(main)) as task:
        agent, _ = await office.crew.next_given()
        for _ in range(8):
            await asyncio.sleep(0.2)
            agent.say(ToolUsed(tool="Bash"))
        assert not task.done()
        agent.answer("Done.")
        await office.ended(turn)


async def test_an_idle_agent_is_closed_gently_after_a_while(office: Office, main: Group) -> None:
    office.idle_seconds = 0.1
    office.crew.reply = lambda _: "Hi"
    await office.receive("hello")
    worker = office.worker(main)
    async with office.running(worker) as task:
        await asyncio.wait({task}, timeout=10)
    assert office.crew.agents[0].closed == "gently"
    assert worker.state is AgentState.CLOSING


async def test_told_to_leave_while_working_it_finishes_first_and_takes_nothing_new(office: Office, main: Group) -> None:
    worker = office.worker(main)
    first = await office.receive("one")
    async with office.running(worker) as task:
        agent, _ = await office.crew.next_given()
        worker.tell(Leave())
        second = await office.receive("two")
        worker.tell(Work())
        await asyncio.sleep(0.05)
        assert not task.done()
        agent.answer("One.")
        await asyncio.wait({task}, timeout=10)
        assert task.done()
    assert (await office.outcome(first)).state is TurnState.ANSWERED
    assert (await office.outcome(second)).state is TurnState.QUEUED
    assert agent.closed == "gently"


async def test_started_ahead_it_waits_for_work(office: Office, main: Group) -> None:
    worker = office.worker(main)
    async with office.running(worker, ahead=True):
        await until(lambda: worker.state is AgentState.IDLE)
        turn = await office.receive("hello")
        worker.tell(Work())
        agent, _ = await office.crew.next_given()
        agent.answer("Hi")
        await office.ended(turn)


async def test_without_work_no_agent_is_started(office: Office, main: Group) -> None:
    async with asyncio.timeout(10):
        await office.worker(main).run()
    assert office.crew.agents == []


async def test_a_worker_that_is_cancelled_puts_its_turns_back_without_blame(office: Office, main: Group) -> None:
    turn = await office.receive("hello")
    async with office.running(office.worker(main)):
        agent, _ = await office.crew.next_given()
    assert agent.closed == "at once"
    again = await office.turns.claim(main.id)
    assert again is not None
    assert (again.id, again.attempt) == (turn, 0)


async def test_an_agent_that_does_not_start_fails_the_turn(office: Office, main: Group) -> None:
    office.crew.failures = [AgentLostError(Fault(kind=FaultKind.START, what="It did not start"))]
    turn = await office.receive("hello")
    async with office.running(office.worker(main)) as task:
        await asyncio.wait({task}, timeout=10)
    assert (await office.outcome(turn)).error == "It did not start"

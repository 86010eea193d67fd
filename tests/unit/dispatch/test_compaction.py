"""A conversation is shortened when it was asked for, and what came of it is told whatever happens."""

from nanoclaw.agents.outcomes import AgentLostError, Compacted
from nanoclaw.dispatch.signals import AgentState, Compact, Leave
from nanoclaw.model.groups import Group
from tests.fakes.agent import GONE
from tests.fakes.waiting import until
from tests.unit.dispatch.conftest import Office

SHORTER, NOT_SHORTER = "The conversation is shorter now.", "The conversation could not be made shorter."


async def test_it_is_shortened_moves_on_and_is_told(office: Office, main: Group) -> None:
    worker = office.worker(main)
    async with office.running(worker, ahead=True):
        agent = await office.crew.started.get()
        worker.tell(Compact())
        await until(lambda: agent.compactions == 1)
        agent.say(Compacted(position=agent.at("short")))
        await until(lambda: len(office.delivered) == 1)
    assert await office.replies() == [SHORTER]
    assert await office.store.groups.session(main.id) == agent.at("short")


async def test_it_waits_for_the_turn_that_runs(office: Office, main: Group) -> None:
    worker = office.worker(main)
    turn = await office.receive("hello")
    async with office.running(worker):
        agent, _ = await office.crew.next_given()
        worker.tell(Compact())
        agent.answer("Hi")
        await office.ended(turn)
        await until(lambda: agent.compactions == 1)
        agent.say(Compacted(position=None))
        await until(lambda: len(office.delivered) == 2)
    assert await office.replies() == ["Hi", NOT_SHORTER]


async def test_an_agent_told_to_leave_finishes_shortening_first(office: Office, main: Group) -> None:
    worker = office.worker(main)
    async with office.running(worker, ahead=True):
        agent = await office.crew.started.get()
        worker.tell(Compact())
        await until(lambda: agent.compactions == 1)
        worker.tell(Leave())
        agent.say(Compacted(position=agent.at("short")))
        await until(lambda: worker.state is AgentState.CLOSING)
    assert await office.replies() == [SHORTER]


async def test_an_agent_that_is_lost_or_does_not_start_is_told_as_a_failure(office: Office, main: Group) -> None:
    worker = office.worker(main)
    async with office.running(worker, ahead=True):
        agent = await office.crew.started.get()
        worker.tell(Compact())
        await until(lambda: agent.compactions == 1)
        agent.break_down()
        await until(lambda: worker.state is AgentState.CLOSING)
    office.crew.failures.append(AgentLostError(GONE))
    second = office.worker(main)
    second.tell(Compact())
    async with office.running(second, ahead=True):
        await until(lambda: second.state is AgentState.CLOSING)
    assert await office.replies() == [NOT_SHORTER, NOT_SHORTER]

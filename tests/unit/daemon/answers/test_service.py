"""The control API's service on running parts: what a sender is told of a message's fate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nanoclaw.channels.contract import Channel
from nanoclaw.channels.local.channel import LOCAL, LocalChannel
from nanoclaw.control.service import NoSuchGroupError, StoppingError
from nanoclaw.control.shapes import Outcome, SandboxShape, SendRequest
from nanoclaw.daemon.answers.desks import Desks
from nanoclaw.daemon.answers.people import PeopleRecords, ensure_owners
from nanoclaw.daemon.answers.records import Records
from nanoclaw.daemon.answers.service import DaemonService
from nanoclaw.daemon.answers.tasks import TaskRecords
from nanoclaw.daemon.answers.usage import UsageRecords
from nanoclaw.daemon.answers.views import Views
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.shelves import Shelves, open_shelves
from nanoclaw.delivery.courier import Courier
from nanoclaw.dispatch.limits import Outlets
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.groups import Group
from nanoclaw.scheduling.book import Book
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import AgentSettings, Settings
from tests.fakes.agent import Crew
from tests.fakes.channel_desk import FakeChannels
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.clocks import ShiftedClock
from tests.fakes.insight import FakeInsight
from tests.fakes.intake_desks import desks
from tests.fakes.pairing import FakePairing
from tests.fakes.running_channel import running
from tests.fakes.trials import FakeTrials
from tests.fakes.waiting import until
from tests.unit.dispatch.conftest import Office, UnreliableTurns
from tests.unit.store.conftest import address, new_group, open_store, owner_chats


class House:
    """A service with everything behind it but sandboxes."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.stops: list[bool] = []
        self.changed: list[Group] = []
        self.service: DaemonService

    @property
    def crew(self) -> Crew:
        return self.office.crew


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = ShiftedClock()
    store = await open_store(tmp_path / "messages.db", clock)
    await store.groups.add(new_group("main", is_main=True))
    await store.add_group("family")
    await store.groups.add(new_group("club", chat=address("club", "whatsapp")))
    office = Office(store=store, turns=UnreliableTurns(store.database, clock, catch_up=200), clock=clock)
    local = LocalChannel()
    channels: dict[ChannelName, Channel] = {LOCAL: local}
    courier = Courier(store.outbox, channels, office.broadcast, clock, alert=store.groups.note_trouble)
    shelves = open_shelves(store.database, store.database, clock, Settings())
    await ensure_owners(shelves.people, frozenset({LOCAL}))
    outlets = Outlets(
        deliver=courier.wake,
        run_ended=lambda _: None,
        trouble=store.groups.note_trouble,
        owner_chats=owner_chats,
    )
    lanes = Lanes(shelves, AgentSettings(retry_seconds=()), outlets, office.broadcast, clock)
    lanes.equip(office.surface())
    office.deliver = courier.wake
    world = ChannelWorld(LOCAL, tmp_path / "kept", chats={}, options={})
    world.accept = Intake(store.inbox, office.broadcast, desks(lanes.wake)).accept  # type: ignore[method-assign]
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        for name, work in (("courier", courier.run()), ("lanes", lanes.run())):
            stack.callback(tasks.create_task(work, name=name).cancel)
        await stack.enter_async_context(running(local, world.surroundings()))
        made = House(office)
        made.service = _service(made, shelves, lanes, local, Home(tmp_path))
        yield made
        await lanes.stop(0)
    await store.database.close()


def _service(house: House, shelves: Shelves, lanes: Lanes, local: LocalChannel, home: Home) -> DaemonService:
    office = house.office
    views = Views(
        channels=list,
        sandbox=lambda: SandboxShape(kind="docker", usable=True, ready=True),
        model_key="",
        at_once=5,
        group_changed=house.changed.append,
    )
    book = Book(shelves.tasks, shelves.groups.find, office.clock, ZoneInfo("UTC"), lambda: None)
    topics = Desks(
        people=PeopleRecords(shelves.people),
        tasks=TaskRecords(book, shelves.groups, home.root),
        usage=UsageRecords(shelves.usage, ZoneInfo("UTC")),
        trials=FakeTrials(),
        insight=FakeInsight(),
        pairing=FakePairing(),
        channels=FakeChannels(),
    )
    return DaemonService(
        Records(home, Settings(), shelves.groups, shelves.history),
        topics,
        shelves.outcomes,
        lanes,
        office.broadcast,
        office.clock,
        local,
        views,
        lambda: house.stops.append(True),
    )


async def test_an_answer_comes_back_with_its_replies_and_times_in_order(house: House) -> None:
    house.crew.reply = lambda text: f"You said|{text}"
    result = await house.service.send(SendRequest(text="hello", wait_seconds=10))
    assert result.outcome is Outcome.ANSWERED
    assert [(reply.text, reply.state) for reply in result.replies] == [("You said", "sent"), ("hello", "sent")]
    times = result.timings_ms
    assert times.model_request is None
    shown = [times.accepted, times.turn_started, times.first_reply, times.delivered]
    known = [time for time in shown if time is not None]
    assert len(known) == 4
    assert known == sorted(known)
    assert known[0] >= 0


async def test_a_message_that_wakes_nobody_is_said_to_be_so(house: House) -> None:
    result = await house.service.send(SendRequest(group="family", text="hello", wait_seconds=10))
    assert (result.outcome, result.turn_id) == (Outcome.NOT_TRIGGERED, None)
    assert result.message_id


async def test_without_waiting_the_message_is_kept_and_the_rest_open(house: House) -> None:
    result = await house.service.send(SendRequest(text="hello"))
    assert result.outcome is Outcome.TIMED_OUT
    assert result.turn_id
    assert result.timings_ms.delivered is None


async def test_the_same_message_again_gets_the_same_answer(house: House) -> None:
    house.crew.reply = lambda _: "Hi"
    request = SendRequest(text="hello", client_id="c1", wait_seconds=10)
    first = await house.service.send(request)
    second = await house.service.send(request)
    assert (second.turn_id, second.replies) == (first.turn_id, first.replies)
    assert len(house.crew.agents[0].given) == 1


async def test_a_turn_that_failed_or_was_stopped_is_said_to_be_so(house: House) -> None:
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(house.service.send(SendRequest(text="one", wait_seconds=10)), name="send")
        agent, _ = await house.crew.next_given()
        agent.break_down()
    failed = sending.result()
    assert (failed.outcome, failed.error, len(failed.replies)) == (Outcome.FAILED, "The agent is gone", 1)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(house.service.send(SendRequest(text="two", wait_seconds=10)), name="send")
        await house.crew.next_given()
        while not (await house.service.interrupt("main")).changed:  # noqa: ASYNC110 - until it has started
            await asyncio.sleep(0.01)
    assert (sending.result().outcome, sending.result().replies) == (Outcome.STOPPED, [])


async def test_groups_that_are_unknown_or_elsewhere_cannot_be_written_to(house: House) -> None:
    for group in ("nobody", "club"):
        with pytest.raises(NoSuchGroupError):
            await house.service.send(SendRequest(group=group, text="hello"))


async def test_the_status_counts_what_works_and_waits(house: House) -> None:
    await house.service.send(SendRequest(text="hello"))
    await house.crew.next_given()
    status = await house.service.status()
    assert status.running
    assert [agent.group for agent in status.agents] == ["main"]
    assert status.queue is not None
    assert (status.queue.running_turns, status.queue.waiting_turns, status.queue.agents_at_once) == (1, 0, 5)


async def test_removing_a_group_stops_what_its_agent_does(house: House) -> None:
    await house.service.send(SendRequest(group="family", text="@Andy hello"))
    await house.crew.next_given()
    assert (await house.service.remove_group("family")).changed
    await until(lambda: bool(house.crew.agents[0].closed))


async def test_events_of_a_group_can_be_watched(house: House) -> None:
    house.crew.reply = lambda _: "Hi"
    seen = []
    with house.service.watch("main") as events:
        await house.service.send(SendRequest(text="hello"))
        async with asyncio.timeout(10):
            async for event in events:
                seen.append((event.kind, event.state, event.text))
                if event.kind == "reply":
                    break
    assert seen[0] == ("message", "", "hello")
    assert ("turn", "answered", "") in seen
    assert seen[-1] == ("reply", "", "Hi")


async def test_a_stop_is_asked_for_once_and_ends_the_taking_in(house: House) -> None:
    assert (await house.service.stop()).changed
    assert not (await house.service.stop()).changed
    assert house.stops
    with pytest.raises(StoppingError):
        await house.service.send(SendRequest(text="hello"))

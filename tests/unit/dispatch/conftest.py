"""A worker's and a dispatcher's surroundings: the real store, scripted agents, and a record of what was shown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nanoclaw.dispatch.dispatcher import Dispatcher
from nanoclaw.dispatch.ledger import Ledger, RetryPolicy
from nanoclaw.dispatch.limits import Outlets, WorkLimits
from nanoclaw.dispatch.signals import Surface
from nanoclaw.dispatch.worker import Worker
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.groups import Group
from nanoclaw.model.tasks import RunId
from nanoclaw.model.turns import Turn, TurnId, TurnState
from nanoclaw.store.errors import StoreError
from nanoclaw.store.outcomes import TurnOutcome
from nanoclaw.store.turns import Finish, Turns
from tests.fakes.agent import Crew
from tests.fakes.clocks import ShiftedClock
from tests.fakes.waiting import until
from tests.unit.store.conftest import Store, address, new_group, open_store, owner_chats
from tests.unit.store.conftest import store as store  # noqa: PLC0414 - a fixture, for pytest to find


class UnreliableTurns(Turns):
    """Turns of which so many writes of an outcome fail, as on a disk that is full for a while."""

    refuse = 0

    async def finish(self, finish: Finish) -> bool:
        if self.refuse:
            self.refuse -= 1
            raise StoreError("No room left")
        return await super().finish(finish)


@dataclass
class Office:
    """Everything that workers work with."""

    store: Store
    turns: UnreliableTurns
    clock: ShiftedClock
    crew: Crew = field(default_factory=Crew)
    broadcast: Broadcast = field(default_factory=Broadcast)
    delivered: list[ChatAddress] = field(default_factory=list)
    typing: list[tuple[ChatAddress, bool]] = field(default_factory=list)
    ended_runs: list[RunId] = field(default_factory=list)
    retries: tuple[float, ...] = (0.01, 0.01)
    turn_seconds: float = 30
    idle_seconds: float = 30
    at_once: int = 5
    sweep_seconds: float = 60.0
    changed: Callable[[], None] = lambda: None
    deliver: Callable[[ChatAddress], None] = lambda _: None
    prompt: Callable[[Turn], str] = lambda turn: "\n".join(message.text for message in turn.messages)

    def worker(self, group: Group) -> Worker:
        ledger = Ledger(
            self.turns,
            self.store.groups,
            self.store.outbox,
            self.clock,
            retries=RetryPolicy(seconds=self.retries),
            outlets=self.outlets(),
        )
        limits = WorkLimits(turn_seconds=self.turn_seconds, idle_seconds=self.idle_seconds, changed=self._change)
        return Worker(group, ledger, self.surface(), self.broadcast, self.clock, limits=limits)

    def outlets(self) -> Outlets:
        return Outlets(
            deliver=self.delivered.append,
            run_ended=self.ended_runs.append,
            trouble=self.store.groups.note_trouble,
            owner_chats=owner_chats,
        )

    def surface(self) -> Surface:
        return Surface(
            compose=lambda _, text: tuple(text.split("|")) if text else (),
            prompt=lambda turn: self.prompt(turn),  # noqa: PLW0108 - looked up at each call, as tests change it
            deliver=self._deliver,
            typing=lambda where, on: self.typing.append((where, on)),
            make_agent=self.crew.make,
        )

    def _change(self) -> None:
        self.changed()

    def _deliver(self, chat: ChatAddress) -> None:
        self.delivered.append(chat)
        self.deliver(chat)

    async def receive(self, text: str, chat: str = "main", *, wakes: bool = True) -> TurnId:
        stored = await self.store.receive(text, address=address(chat), wakes=wakes)
        return stored.turn or TurnId(0)

    async def outcome(self, turn: TurnId) -> TurnOutcome:
        found = await self.store.outcomes.outcome(turn)
        assert found is not None
        return found

    async def ended(self, turn: TurnId, state: TurnState = TurnState.ANSWERED) -> TurnOutcome:
        """Wait until a turn is in a state."""
        async with asyncio.timeout(10):
            while (found := await self.outcome(turn)).state is not state:  # noqa: ASYNC110 - the store has no event
                await asyncio.sleep(0.005)
        return found

    async def replies(self, chat: str = "main") -> list[str]:
        """Everything in a chat's outbox, taking it."""
        texts = []
        while (reply := await self.store.outbox.take(address(chat))) is not None:
            texts.append(reply.text)
            await self.store.outbox.sent(reply.id, "")
        return texts

    @asynccontextmanager
    async def running(self, worker: Worker, *, ahead: bool = False) -> AsyncIterator[asyncio.Task[None]]:
        """A worker at work, which is ended at the end of the block."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(worker.run(ahead=ahead), name="worker")
            yield task
            task.cancel()

    @asynccontextmanager
    async def dispatching(self) -> AsyncIterator[Dispatcher]:
        """A dispatcher at work."""
        dispatcher = Dispatcher(
            self.turns,
            self.clock,
            self.worker,
            self.outlets(),
            self.at_once,
            sweep_seconds=self.sweep_seconds,
        )
        self.changed = dispatcher.make_room
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(dispatcher.run(), name="dispatcher")
            await until(lambda: dispatcher._tasks is not None)
            yield dispatcher
            await dispatcher.stop(0)
            task.cancel()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """An office with the main group."""
    clock = ShiftedClock()
    store = await open_store(tmp_path / "messages.db", clock, catch_up=200)
    await store.groups.add(new_group("main", is_main=True))
    turns = UnreliableTurns(store.database, clock, catch_up=200)
    yield Office(store=store, turns=turns, clock=clock)
    await store.database.close()


@pytest.fixture
async def main(office: Office) -> Group:
    found = await office.store.groups.find("main")
    assert found
    return found

"""What the owner is told in their own chat."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.gateway.contract import BudgetCrossed, DomainRefused
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.groups import GroupFolder
from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.contract import Alert, Level
from nanoclaw.operations.alerts.desk import AlertDesk, DeskHands
from nanoclaw.operations.alerts.routes import Routes
from nanoclaw.settings.home import Home
from nanoclaw.store.errors import StoreError
from nanoclaw.store.people import People
from tests.unit.store.conftest import HERE, Store, new_group, open_store

FAMILY = GroupFolder("family")
CROSSED = BudgetCrossed(group=FAMILY, span="day", began="2026-11-21", percent=80, spent_usd=8, limit_usd=10)


class Owner:
    """Tidings on a real store, running, and what reaches the owner."""

    def __init__(self, store: Store, home: Home) -> None:
        self.store = store
        self.delivered: list[ChatAddress] = []
        self.home = home
        self.book = Book(home)
        routes = Routes(least=Level.WARNING, repeat=86_400_000, names=("MAIL",), ways=())
        desk = AlertDesk(self.book, routes, store.clock, DeskHands(conceal=str, note=store.groups.note_trouble))
        self.down: set[str] = set()
        chats = OwnerChats(store.groups, People(store.database, store.clock), (), lambda name: name not in self.down)
        self.tidings = Tidings(chats, store.outbox, self.delivered.append, desk)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Owner"]:
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(self.tidings.run(), name="tidings")
            yield self
            writing.cancel()

    async def texts(self, count: int) -> list[str]:
        """Wait for so many texts; all there are."""
        await _until(lambda: len(self.delivered) >= count)
        query = "SELECT text FROM outbox ORDER BY id"
        return [row[0] for row in await self.store.database.read(lambda connection: list(connection.execute(query)))]


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[Owner]:
    store = await open_store(tmp_path / "messages.db")
    await store.groups.add(new_group("main", is_main=True))
    await store.add_group("family")
    async with Owner(store, Home(tmp_path)).running() as made:
        yield made
    await store.database.close()


async def test_a_key_is_told_once_and_to_the_owner(owner: Owner) -> None:
    await owner.tidings.tell("The roof leaks.", "roof")
    await owner.tidings.tell("The roof leaks.", "roof")
    assert await owner.texts(1) == ["The roof leaks."]
    assert set(owner.delivered) == {HERE}


async def test_what_the_owner_is_told_waits_for_the_alert_routes_too(owner: Owner) -> None:
    await owner.tidings.tell("The roof leaks.", "roof")
    await owner.tidings.tell("The roof leaks.", "roof")
    await owner.tidings.tell(
        "Task 7 (my secret diary) failed.", "run-1", Alert(level=Level.ERROR, key="7", text="A task.")
    )
    waiting = [entry.alert for entry in owner.book.read().waiting]
    assert [(alert.level, alert.key, alert.text) for alert in waiting] == [
        (Level.WARNING, "roof", "The roof leaks."),
        (Level.ERROR, "7", "A task."),
    ]


async def test_without_an_owners_chat_nobody_is_told(owner: Owner) -> None:
    await owner.store.groups.remove(GroupFolder("main"))
    await owner.tidings.tell("The roof leaks.", "roof")
    assert await owner.texts(0) == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (CROSSED, ["the group family", "this day", "80 %", "8.00 of 10.00 USD", "groups set family budget_day_usd=…"]),
        (replace(CROSSED, percent=100), ["up to 100 %", "No call to the model leaves", "groups set family"]),
        (replace(CROSSED, group=None, span="month"), ["all groups together", "month_usd under [budget]"]),
    ],
)
async def test_a_budget_says_how_far_it_is_used_and_how_to_raise_it(
    owner: Owner, event: BudgetCrossed, words: list[str]
) -> None:
    owner.tidings.budget_crossed(event)
    (text,) = await owner.texts(1)
    assert [word for word in words if word not in text] == []


async def test_a_mark_is_told_once_a_period_whoever_starts_again_and_anew_for_another_limit(owner: Owner) -> None:
    owner.tidings.budget_crossed(CROSSED)
    await owner.texts(1)
    again = Owner(owner.store, owner.home)
    for event in (CROSSED, replace(CROSSED, limit_usd=20, spent_usd=16), replace(CROSSED, began="2026-11-22")):
        again.tidings.budget_crossed(event)
    async with again.running():
        assert len(await again.texts(3)) == 3


async def test_a_refused_host_is_handed_on_and_an_error_there_ends_nothing(owner: Owner) -> None:
    asked: list[str] = []

    async def ask(group: GroupFolder, host: str, port: int) -> None:
        asked.append(f"{group} {host}:{port}")
        if len(asked) == 1:
            raise StoreError("the disk is full")

    owner.tidings.forward_domains(ask)
    for _ in range(2):
        owner.tidings.domain_refused(DomainRefused(group=FAMILY, host="example.org", port=8443))
    await _until(lambda: len(asked) == 2)
    assert asked == ["family example.org:8443"] * 2


async def test_a_flood_is_bounded(owner: Owner) -> None:
    asked: list[str] = []

    async def ask(_group: GroupFolder, host: str, _port: int) -> None:
        asked.append(host)

    owner.tidings.forward_domains(ask)
    for number in range(5_000):
        owner.tidings.domain_refused(DomainRefused(group=FAMILY, host=f"{number}.example.org", port=443))
    await owner.tidings.tell("Still here.", "end")
    await _until(lambda: len(asked) >= 1_000)
    await asyncio.sleep(0.05)
    assert len(asked) == 1_000


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while True:
            if done():
                return
            await asyncio.sleep(0.01)

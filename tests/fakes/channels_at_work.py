"""Two networks on which the owner has a chat, at work in the daemon's own parts: delivery, store and watch are real."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, NoReturn

from nanoclaw.channels.contract import Channel
from nanoclaw.control.shapes import ChannelShape
from nanoclaw.daemon.networks.at_work import NetworkGround, Networks
from nanoclaw.daemon.networks.canary import Canary
from nanoclaw.daemon.networks.conversations import LiveConversations
from nanoclaw.daemon.networks.news import ChannelNews
from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.daemon.networks.watch import ChannelWatch
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.delivery.courier import Courier
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.contract import Level
from nanoclaw.operations.alerts.desk import AlertDesk, DeskHands
from nanoclaw.operations.alerts.routes import Routes
from nanoclaw.operations.figures.counting import Counting
from nanoclaw.settings.home import Home
from nanoclaw.store.outbox import Outbox
from tests.fakes.clocks import ShiftedClock
from tests.fakes.settable_channel import SettableChannel
from tests.fakes.waiting import until
from tests.unit.store.conftest import Store

PAGER, BELL = ChannelName("pager"), ChannelName("bell")
ON_PAGER, ON_BELL = ChatAddress(channel=PAGER, chat="me"), ChatAddress(channel=BELL, chat="me too")


class Channels:
    """Two networks on which the owner has a chat, in the daemon's own parts; delivery and store are real.

    ``options`` are the channels' tables. Channels that have some are real ones, and go by the machine's own clock.
    """

    def __init__(
        self,
        store: Store,
        home: Home,
        channels: Sequence[Channel],
        named: tuple[str, ...] = (),
        options: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        self.store, self.home, self.clock, self.counting = store, home, ShiftedClock(), Counting()
        self.roster = Roster({channel.name: channel for channel in channels})
        self.book = Book(home)
        routes = Routes(least=Level.WARNING, repeat=86_400_000, names=("MAIL",), ways=())
        desk = AlertDesk(self.book, routes, self.clock, DeskHands(conceal=str, note=store.groups.note_trouble))
        self.broadcast = Broadcast()
        self.outbox = Outbox(store.database, self.clock)
        self.courier = Courier(
            self.outbox,
            self.roster.channels,
            self.broadcast,
            self.clock,
            alert=store.groups.note_trouble,
        )
        self.roster.listen(self.courier.wake_channel)
        self.chats = OwnerChats(store.groups, store.people, named, self.roster.is_up)
        self.tidings = Tidings(self.chats, self.outbox, self.courier.wake, desk)
        self.watch = ChannelWatch(
            self.roster,
            home.outages,
            self.clock,
            news=ChannelNews(self.tidings),
            observe=self.counting,
            patience_minutes=15,
        )
        self.canary = Canary(self.roster, self.clock, self.counting, {})
        self.make: Callable[[ChannelName], SettableChannel] = SettableChannel
        ground = _ground(store, home, self.clock, self.broadcast, lambda name: self.make(name))  # noqa: PLW0108 - a test may replace it
        if options:
            ground = replace(ground, clock=SystemClock(), options=lambda name: options.get(name, {}))
        self.networks = Networks(self.roster, self.watch, self.canary, ground)

    @asynccontextmanager
    async def running(self, seconds: float = 5) -> AsyncIterator["Channels"]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self.courier.run()), tasks.create_task(self.networks.run())]
            await until(lambda: all(one.state().status == "up" for one in self.roster.channels.values()), seconds)
            yield self
            for task in running:
                task.cancel()

    def shape(self, name: ChannelName) -> ChannelShape:
        return next(shape for shape in self.networks.shapes() if shape.name == name)

    def alerts(self) -> list[str]:
        state = self.book.read()
        return [entry.alert.text for entry in [*state.history, *state.waiting]]

    async def pass_(self, minutes: float) -> None:
        """Time passes, and the watch looks again."""
        self.clock.ahead += minutes * 60
        for name in self.roster.channels:
            self.watch.see(name)
        self.watch._wake.set()
        await asyncio.sleep(0.05)


def _ground(
    store: Store,
    home: Home,
    clock: ShiftedClock,
    broadcast: Broadcast,
    make: Callable[[ChannelName], SettableChannel],
) -> NetworkGround:
    class NoIntake:
        """These channels take nothing in."""

        async def accept(self, _message: object) -> NoReturn:
            raise AssertionError

        async def change(self, _change: object) -> NoReturn:
            raise AssertionError

    nobody: Any = None
    intake: Any = NoIntake()
    return NetworkGround(
        intake=intake,
        conversations=LiveConversations(store.groups, nobody, broadcast, nobody),
        home=home,
        clock=clock,
        options=lambda _name: {},
        make=make,
    )

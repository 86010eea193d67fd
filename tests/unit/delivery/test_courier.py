"""Carrying replies out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelStatus, PermanentSendError, TemporarySendError
from nanoclaw.delivery.courier import Courier
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import ReplySent
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock
from nanoclaw.model.turns import NewOutgoing, OutgoingFile, Reply, ReplyKind
from nanoclaw.store.database import Database
from nanoclaw.store.errors import StoreError
from nanoclaw.store.outbox import Outbox
from tests.fakes.clocks import ShiftedClock
from tests.fakes.waiting import until
from tests.unit.delivery.conftest import Network
from tests.unit.store.conftest import HERE, Store, address


class UnreliableOutbox(Outbox):
    """An outbox that cannot be read so many times."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self.refuse = 0

    async def take(self, address: ChatAddress) -> Reply | None:
        if self.refuse:
            self.refuse -= 1
            raise StoreError("It is locked")
        return await super().take(address)


class Round:
    """A courier on its round."""

    def __init__(self, store: Store, network: Network, clock: ShiftedClock) -> None:
        self.outbox = UnreliableOutbox(store.database, clock)
        self.broadcast = Broadcast()
        self.alerts: list[str] = []
        channels = {network.name: network}
        self.courier = Courier(self.outbox, channels, self.broadcast, clock, alert=self._alert)

    async def _alert(self, what: str, hint: str) -> None:
        self.alerts.append(f"{what} {hint}")

    async def queue(self, *texts: str, chat: ChatAddress = HERE) -> None:
        for text in texts:
            assert await self.outbox.add(chat, text, client_id=f"{chat.chat}-{text}")

    async def postponed(self, clock: ShiftedClock) -> int:
        """Wait until the oldest reply has been put off; until when."""
        async with asyncio.timeout(10):
            due = await self.outbox.next_attempt(HERE)
            while due is None or due <= clock.now():
                await asyncio.sleep(0.005)
                due = await self.outbox.next_attempt(HERE)
        return due

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.courier.run(), name="courier")
            await until(lambda: self.courier._tasks is not None)
            yield
            task.cancel()


@pytest.fixture
def round_(store: Store, network: Network, clock: ShiftedClock) -> Round:
    return Round(store, network, clock)


async def reached(store: Store, *states: str) -> None:
    """Wait until the replies, in their order, are in these states."""
    async with asyncio.timeout(10):
        found = await state_of(store)
        while [state for state, _ in found] != list(states):
            await asyncio.sleep(0.005)
            found = await state_of(store)


async def state_of(store: Store) -> list[tuple[str, str | None]]:
    query = "SELECT state, external_id FROM outbox ORDER BY id"
    return await store.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])


async def test_replies_leave_in_order_and_their_sending_is_told(round_: Round, network: Network, store: Store) -> None:
    with round_.broadcast.subscribe() as events:
        async with round_.running():
            await round_.queue("one", "two")
            round_.courier.wake(HERE)
            await until(lambda: len(network.sent) == 2)
            told = [await events.next(), await events.next()]
    assert network.texts == ["one", "two"]
    assert [event.text for event in told if isinstance(event, ReplySent)] == ["one", "two"]
    assert await state_of(store) == [("sent", "n1"), ("sent", "n2")]


async def test_what_an_earlier_daemon_left_is_delivered_at_the_start(round_: Round, network: Network) -> None:
    await round_.queue("one", "two")
    await round_.outbox.take(HERE)
    async with round_.running():
        await until(lambda: len(network.sent) == 2)
    assert [(reply.text, reply.attempts) for reply in network.sent] == [("one", 2), ("two", 1)]


async def test_a_temporary_failure_is_tried_again_later_under_the_same_id_and_keeps_the_order(
    round_: Round, network: Network, clock: ShiftedClock
) -> None:
    network.failures = [TemporarySendError("busy"), TimeoutError()]
    await round_.queue("one", "two")
    async with round_.running():
        for tried, wait in ((1, 1), (2, 2)):
            await until(lambda tried=tried: network.tried == tried)  # type: ignore[misc]
            due = await round_.postponed(clock)
            assert wait - 0.5 < (due - clock.now()) / 1000 <= wait
            clock.ahead += wait
            round_.courier.wake(HERE)
        await until(lambda: len(network.sent) == 2)
    assert [(reply.client_id, reply.attempts) for reply in network.sent] == [("main-one", 3), ("main-two", 1)]
    assert round_.alerts == []


async def test_after_five_tries_the_owner_is_told_once_and_it_is_tried_on(
    round_: Round, network: Network, clock: ShiftedClock
) -> None:
    network.failures = [TemporarySendError("the network is down") for _ in range(7)]
    await round_.queue("one")
    async with round_.running():
        for tried in range(1, 8):
            await until(lambda tried=tried: network.tried == tried)  # type: ignore[misc]
            await round_.postponed(clock)
            await until(lambda tried=tried: len(round_.alerts) == (tried >= 5))  # type: ignore[misc]
            clock.ahead += 400
            round_.courier.wake(HERE)
        await until(lambda: len(network.sent) == 1)
    assert "the network is down" in round_.alerts[0]


async def test_a_network_that_says_how_long_to_wait_is_left_alone_for_so_long(
    round_: Round, network: Network, clock: ShiftedClock
) -> None:
    network.failures = [TemporarySendError("too many messages", after=90.0)]
    await round_.queue("one")
    async with round_.running():
        due = await round_.postponed(clock)
        assert 80_000 < due - clock.now() <= 90_000
        clock.ahead += 91
        round_.courier.wake(HERE)
        await until(lambda: len(network.sent) == 1)


async def test_a_permanent_failure_is_told_and_lets_the_next_one_go(
    round_: Round, network: Network, store: Store
) -> None:
    network.failures = [PermanentSendError("no such chat")]
    await round_.queue("one", "two")
    async with round_.running():
        await reached(store, "failed", "sent")
    assert network.texts == ["two"]
    assert len(round_.alerts) == 1
    assert "no such chat" in round_.alerts[0]


async def test_a_channel_that_is_not_enabled_keeps_its_replies(round_: Round, network: Network, store: Store) -> None:
    gone = address("x", "whatsapp")
    await store.groups.bind((await store.groups.all())[0].folder, gone, "X")
    await round_.queue("one", chat=gone)
    await round_.queue("two")
    async with round_.running():
        await until(lambda: network.texts == ["two"])
        await reached(store, "pending", "sent")
    assert ChannelName("whatsapp") == gone.channel


async def test_one_slow_chat_does_not_hold_up_another(round_: Round, network: Network, store: Store) -> None:
    await store.add_group("family")
    network.failures = [TemporarySendError("busy")]
    await round_.queue("one")
    async with round_.running():
        await until(lambda: network.tried == 1)
        await round_.queue("two", chat=address("family"))
        round_.courier.wake(address("family"))
        await until(lambda: network.texts == ["two"])


async def test_a_channel_that_breaks_in_an_unforeseen_way_is_a_failure_of_that_reply_only(
    round_: Round, network: Network, clock: ShiftedClock
) -> None:
    network.failures = [KeyError("a mistake of the channel's author")]
    await round_.queue("one")
    async with round_.running():
        await until(lambda: network.tried == 1)
        await asyncio.sleep(0.02)
        clock.ahead += 10
        round_.courier.wake(HERE)
        await until(lambda: network.texts == ["one"])


async def test_after_trouble_with_the_store_delivery_goes_on_by_itself(round_: Round, network: Network) -> None:
    round_.outbox.refuse = 1
    await round_.queue("one")
    async with round_.running():
        await until(lambda: network.texts == ["one"])


async def test_draining_waits_for_what_is_being_delivered_but_not_for_ever(round_: Round, network: Network) -> None:
    network.open.clear()
    await round_.queue("one")
    async with round_.running():
        await until(lambda: network.tried == 1)
        async with asyncio.timeout(5):
            await round_.courier.drain(0.05)
        assert network.sent == []
        asyncio.get_running_loop().call_later(0.05, network.open.set)
        await round_.courier.drain(5)
        assert network.texts == ["one"]


async def test_a_reaction_that_the_channel_cannot_show_is_counted_as_sent_and_told_to_nobody(
    round_: Round, network: Network, store: Store
) -> None:
    await round_.outbox.queue(NewOutgoing(address=HERE, client_id="r", text="\U0001f44d", kind=ReplyKind.REACTION))
    await round_.queue("one")
    with round_.broadcast.subscribe() as events:
        async with round_.running():
            await reached(store, "sent", "sent")
            told = await events.next()
    assert network.texts == ["one"]
    assert isinstance(told, ReplySent)
    assert told.text == "one"
    assert round_.alerts == []


async def test_a_file_that_vanished_fails_and_the_owner_is_told(
    round_: Round, network: Network, store: Store, tmp_path: Path
) -> None:
    network.files = True
    gone = OutgoingFile(name="plan.pdf", media_type="application/pdf", path=str(tmp_path / "gone"), size=9)
    await round_.outbox.queue(NewOutgoing(address=HERE, client_id="f", text="", kind=ReplyKind.FILE, file=gone))
    await round_.queue("one")
    async with round_.running():
        await reached(store, "failed", "sent")
    assert network.texts == ["one"]
    assert "plan.pdf is gone" in round_.alerts[0]


async def test_a_file_for_a_channel_without_files_leaves_as_text(
    round_: Round, network: Network, store: Store, tmp_path: Path
) -> None:
    file = OutgoingFile(name="plan.pdf", media_type="application/pdf", path=str(tmp_path / "copy"), size=9)
    await round_.outbox.queue(NewOutgoing(address=HERE, client_id="f", text="Here", kind=ReplyKind.FILE, file=file))
    with round_.broadcast.subscribe() as events:
        async with round_.running():
            await reached(store, "sent")
            told = await events.next()
    assert network.texts == ["Here\n\n[File plan.pdf, 9 bytes: this chat cannot carry files]"]
    assert isinstance(told, ReplySent)
    assert (told.text, told.kind) == (network.texts[0], ReplyKind.TEXT)


async def test_a_channel_that_says_it_is_down_is_not_asked_and_what_waits_uses_up_no_tries(
    round_: Round, network: Network
) -> None:
    network.status = ChannelStatus.DOWN
    await round_.queue("one")
    async with round_.running():
        await asyncio.sleep(0.05)
        assert network.tried == 0
        async with asyncio.timeout(1):
            await round_.courier.drain(30)  # a stop does not wait for it
        network.status = ChannelStatus.UP
        round_.courier.wake_channel(network.name)
        await until(lambda: len(network.sent) == 1)
    assert network.sent[0].attempts == 1


async def test_what_has_waited_for_a_week_is_given_up_and_told(
    round_: Round, network: Network, store: Store, clock: ShiftedClock
) -> None:
    await round_.queue("one")
    clock.ahead += 7.1 * 86_400
    await round_.queue("two")
    async with round_.running():
        await reached(store, "failed", "sent")
    assert network.texts == ["two"]
    assert "it had waited for a week" in round_.alerts[0]

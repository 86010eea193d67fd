"""Files of messages, from the order to fetch them to the store."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.channels.whatsapp.crowd import Crowd
from nanoclaw.channels.whatsapp.fetching import Fetcher, Tempo
from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.inbound import Inbound
from nanoclaw.channels.whatsapp.link import Done, Fetch, Incoming, Media, Order, Person
from nanoclaw.channels.whatsapp.options import WhatsAppOptions
from nanoclaw.channels.whatsapp.registered import Registered
from nanoclaw.channels.whatsapp.sent import SentIds
from nanoclaw.model.errors import NanoclawError
from tests.fakes.waiting import until
from tests.fakes.whatsapp_bench import Bench
from tests.fakes.whatsapp_child import ANN, BOB, in_group, incoming

STRANGER = Person(lid="9@lid", phone="9@s.whatsapp.net")
FILE = Media(name="plan.txt", media_type="text/plain", size=5, fetchable=True)


def is_there(file: Media) -> bool:
    return Path(file.path).exists()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_file_is_fetched_and_handed_in_and_its_copy_goes_once_it_is_kept(bench: Bench) -> None:
    file = bench.file(name="x.txt")
    bench.child.fetched(1, file)
    async with bench.up():
        await bench.say(incoming(1, text="", media=(FILE,)))
        assert not is_there(file)
    assert bench.world.received == {"x.txt": b"words"}
    assert bench.child.fetches == [1]


async def test_nothing_is_fetched_for_a_chat_that_is_not_registered_or_for_what_nobody_reads(tmp_path: Path) -> None:
    bench = Bench(tmp_path, self_chat=False)
    long_ago = bench.world.clock.now() - 15 * 86_400_000
    async with bench.up():
        await bench.say(
            incoming(1, chat=STRANGER.lid, chat_person=STRANGER, sender=STRANGER, media=(FILE,)),
            in_group(2, chat="99@g.us", media=(FILE,)),
            incoming(3, chat="list@broadcast", media=(FILE,)),
            incoming(4, history=True, at=long_ago, media=(FILE,)),
            incoming(5, kind="edited", target="3A", media=(FILE,)),
        )
    assert bench.child.fetches == []
    assert bench.world.accepted == []
    assert [receipt.registered for receipt in bench.world.receipts] == [False, False]


async def test_a_chat_that_was_registered_by_its_other_id_has_its_files(bench: Bench) -> None:
    bench.child.fetched(2, bench.file())
    nameless = Person(lid=ANN.lid)
    async with bench.up():
        await bench.say(incoming(1, sender=nameless, chat_person=nameless, media=(FILE,)))
        assert bench.child.fetches == []
        await bench.say(incoming(2, media=(FILE,)))
    assert [len(message.files) for message in bench.world.accepted] == [1]


async def test_what_follows_a_file_in_its_chat_waits_for_it_and_other_chats_do_not(bench: Bench) -> None:
    by_phone = {"chat": ANN.phone, "sender": Person(phone=ANN.phone), "chat_person": Person(phone=ANN.phone)}
    async with bench.up():
        bench.child.say(incoming(1, text="one", media=(FILE,)), incoming(2, text="two", **by_phone))
        await bench.say(in_group(3, text="three"))
        assert bench.texts() == ["three"]
        bench.child.fetched(1, bench.file())
        await bench.child.until_kept(2)
    assert bench.texts() == ["three", "one", "two"]


async def test_the_files_of_several_chats_come_at_the_same_time(bench: Bench) -> None:
    async with bench.up():
        bench.child.say(incoming(1, media=(FILE,)), in_group(2, sender=BOB, media=(FILE,)))
        await until(lambda: bench.child.fetches == [1, 2], 5)


async def test_a_file_is_fetched_once_however_long_the_store_makes_it_wait(bench: Bench) -> None:
    file = bench.file()
    bench.child.fetched(1, file)
    async with bench.up():
        bench.world.refusal = NanoclawError("No room for the file")
        bench.child.say(incoming(1, media=(FILE,)))
        await asyncio.sleep(0.7)
        assert is_there(file)
        bench.world.refusal = None
        await bench.child.until_kept(1)
        assert not is_there(file)
    assert bench.child.fetches == [1]
    assert bench.world.received == {"plan.txt": b"words"}


async def test_what_a_new_child_says_again_is_neither_fetched_nor_stored_twice(bench: Bench) -> None:
    said = incoming(1, media=(FILE,))
    async with bench.up():
        bench.child.say(said)
        await bench.child.until_ordered(Fetch)
        bench.child.say(said)  # while the first is in hand
        await bench.say(in_group(2))  # after it
        bench.child.fetched(1, bench.file())
        await bench.child.until_kept(1)
        bench.child.say(said)  # its answer was lost
        await until(lambda: bench.child.answered.count(1) >= 2, 5)
    assert bench.child.fetches == [1]
    assert [len(message.files) for message in bench.world.accepted] == [0, 1]


async def test_a_stop_in_the_middle_leaves_no_file_behind(bench: Bench) -> None:
    file = bench.file()
    bench.child.fetched(1, file)
    async with bench.up():
        bench.world.durable.clear()
        bench.child.say(incoming(1, media=(FILE,)))
        await bench.world.accepting.wait()
        assert is_there(file)
    assert not is_there(file)
    assert bench.child.answered == []


# ---- what goes wrong


class Orders:
    """A child's answers to orders, one after the other; the last one for ever."""

    def __init__(self, *answers: Exception | Media) -> None:
        self.answers = list(answers)
        self.count = 0

    async def order(self, _: Order) -> Done:
        self.count += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Done(order=1, media=(answer,))


Fetching = Callable[..., Awaitable[Incoming]]
"""Takes orders, and whether the channel is up."""


@pytest.fixture
def fetch(bench: Bench) -> Fetching:
    surroundings = bench.world.surroundings()
    book, sent = Identities(bench.folder), SentIds(bench.folder)
    book.open()
    inbound = Inbound(
        book=book, crowd=Crowd(), sent=sent, options=WhatsAppOptions(), folder=bench.folder, clock=bench.world.clock
    )
    registered = Registered(book=book, conversations=surroundings.conversations)

    def begin(orders: Orders, is_up: Callable[[], bool] = lambda: True) -> Awaitable[Incoming]:
        fetcher = Fetcher(
            inbound=inbound,
            registered=registered,
            order=orders.order,
            is_up=is_up,
            tempo=Tempo(pauses=(0.01,), tries=4),
        )
        return fetcher.fetch(incoming(1, text="See", media=(FILE,)))

    return begin


GONE = OrderFailedError("the WhatsApp client ended", again=True, unsure=True)
FULL = OrderFailedError("it cannot be put down: No space left on device", again=True, full=True)


async def test_a_client_that_dies_is_asked_again_and_after_some_tries_the_message_says_why(
    bench: Bench, fetch: Fetching
) -> None:
    here = bench.file()
    assert (await fetch(Orders(GONE, GONE, GONE, here))).media == (here,)
    never = Orders(GONE)
    (media,) = (await fetch(never)).media
    assert (never.count, media.problem, media.fetchable) == (4, "the WhatsApp client ended", False)
    no = Orders(OrderFailedError("nobody knows this order", again=False))
    assert (await fetch(no)).media[0].problem
    assert no.count == 1


async def test_a_network_that_is_away_is_waited_for(bench: Bench, fetch: Fetching) -> None:
    here = bench.file()
    orders = Orders(*[GONE] * 20, here)
    assert (await fetch(orders, lambda: orders.count > 18)).media == (here,)
    assert orders.count == 21


async def test_a_full_disk_is_waited_for(bench: Bench, fetch: Fetching) -> None:
    here = bench.file()
    orders = Orders(*[FULL] * 20, here)
    assert (await fetch(orders)).media == (here,)
    assert orders.count == 21


async def test_a_defect_of_ours_costs_the_file_and_not_the_message(
    fetch: Fetching, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await fetch(Orders(ZeroDivisionError()))).media == (FILE,)
    assert [record.message for record in caplog.records] == ["file of a message broke"]

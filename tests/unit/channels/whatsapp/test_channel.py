import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.channels.contract import (
    ChannelCondition,
    ChannelError,
    ChannelStatus,
    MessageRefusedError,
    PairingDone,
    PairingError,
    PermanentSendError,
    Receipt,
    TemporarySendError,
)
from nanoclaw.channels.whatsapp.channel import whatsapp_channel
from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.channels.whatsapp.link import Pair, Paired, Person, Probe, React, Read, Standing, Typing, Write
from nanoclaw.model.chats import InboundMessage
from nanoclaw.model.errors import NanoclawError
from tests.fakes.running_channel import running
from tests.fakes.whatsapp_bench import Bench
from tests.fakes.whatsapp_child import ANN, BOB, GROUP, ME, in_group, incoming, to_self


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_messages_are_stored_in_order_and_then_answered_for(bench: Bench) -> None:
    async with bench.up():
        bench.world.durable.clear()
        bench.child.say(*(incoming(number, text=f"{number}") for number in range(1, 301)))
        await bench.world.accepting.wait()
        assert not bench.child.answered
        bench.world.durable.set()
        await bench.child.until_kept(300)
    assert bench.texts() == [f"{number}" for number in range(1, 301)]
    assert bench.child.answered == list(range(1, 301))


async def test_a_message_that_is_said_again_after_a_kill_is_one_message(bench: Bench) -> None:
    async with bench.up():
        await bench.say(incoming(1), incoming(2, id=incoming(1).id))
    assert len(bench.world.accepted) == 1


async def test_a_full_disk_holds_everything_up_and_nothing_is_lost(bench: Bench) -> None:
    async with bench.up():
        bench.world.refusal = NanoclawError("The disk is full")
        bench.child.say(incoming(1, text="one"), incoming(2, text="two"))
        await asyncio.sleep(0.3)
        assert not bench.child.answered
        assert bench.channel.state().status is ChannelStatus.UP
        bench.world.refusal = None
        await bench.child.until_kept(2)
    assert bench.texts() == ["one", "two"]


async def test_a_message_that_must_wait_holds_up_its_own_chat_only(bench: Bench) -> None:
    accept = bench.world.accept
    full = True

    async def choosy(message: InboundMessage) -> Receipt:
        if full and message.address.chat == ANN.phone:
            raise NanoclawError("No room for the file")
        return await accept(message)

    surroundings = replace(bench.world.surroundings(), accept=choosy)
    bench.child.connect()
    async with running(bench.channel, surroundings):
        bench.child.say(incoming(1, text="one"), in_group(2, text="two"), incoming(3, text="three"))
        await bench.child.until_kept(2)
        assert bench.texts() == ["two"]
        full = False
        await bench.child.until_kept(3)
    assert bench.texts() == ["two", "one", "three"]


async def test_a_message_that_breaks_us_is_given_up_and_the_next_is_there(bench: Bench) -> None:
    accept = bench.world.accept

    async def breaks(message: InboundMessage) -> Receipt:
        if message.text == "one":
            raise ZeroDivisionError
        return await accept(message)

    bench.child.connect()
    async with running(bench.channel, replace(bench.world.surroundings(), accept=breaks)):
        await bench.say(incoming(1, text="one"), incoming(2, text="two"))
    assert bench.child.answered == [1, 2]
    assert bench.texts() == ["two"]


async def test_what_is_refused_for_good_is_answered_for(bench: Bench) -> None:
    async with bench.up():
        bench.world.refusal = MessageRefusedError("Too long")
        await bench.say(incoming(1))
        bench.world.refusal = None
        await bench.say(incoming(2))
    assert len(bench.world.accepted) == 1


async def test_registered_chats_are_shown_as_read_together(bench: Bench) -> None:
    stranger = Person(lid="9@lid", phone="9@s.whatsapp.net")
    async with bench.up():
        await bench.say(
            incoming(1),
            incoming(2),
            in_group(3, sender=BOB),
            incoming(4, chat=stranger.lid, chat_person=stranger, sender=stranger),
            to_self(5),
            incoming(6, history=True, at=bench.world.clock.now()),
        )
        await bench.child.until_ordered(Read)
        await asyncio.sleep(0.05)
    read = {(order.chat, order.sender): order.ids for order in bench.child.orders if isinstance(order, Read)}
    assert read == {
        (ANN.lid, ANN.lid): (incoming(1).id, incoming(2).id),
        (GROUP, BOB.lid): (incoming(3).id,),
    }


async def test_no_chat_is_shown_as_read_where_the_owner_wants_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path, read_receipts=False)
    async with bench.up():
        await bench.say(incoming(1))
        await asyncio.sleep(0.6)
    assert not [order for order in bench.child.orders if isinstance(order, Read)]


async def test_an_answer_leaves_and_its_echo_wakes_nobody(bench: Bench) -> None:
    async with bench.up():
        reply = bench.world.compose(ME.phone, "**Hello**")
        sent = await bench.channel.send(reply)
        await bench.say(to_self(1, id=sent, text="*Hello*"), to_self(2, text="And I?"))
    (order,) = [order for order in bench.child.orders if isinstance(order, Write)]
    assert (order.text, order.client_id) == ("*Hello*", reply.client_id)
    assert [message.from_assistant for message in bench.world.accepted] == [True, False]


async def test_a_reply_to_an_answer_from_before_a_restart_wakes_the_assistant(tmp_path: Path) -> None:
    async with Bench(tmp_path).up():
        pass
    bench = Bench(tmp_path)
    async with bench.up():
        sent = await bench.channel.send(bench.world.compose(GROUP, "Hello"))
    again = Bench(tmp_path)
    async with again.up():
        await again.say(in_group(1, quoted={"id": sent, "sender": ME.lid, "text": "Hello"}))
    assert again.world.accepted[0].mentions_assistant


async def test_a_chat_that_the_owner_registered_by_its_number_is_found_once_that_is_known(bench: Bench) -> None:
    nameless = Person(lid=ANN.lid)
    async with bench.up():
        await bench.say(incoming(1, sender=nameless, chat_person=nameless))
        assert not bench.world.accepted
        await bench.say(incoming(2), incoming(3, sender=nameless, chat_person=nameless))
    assert [message.address.chat for message in bench.world.accepted] == [ANN.phone] * 2


async def test_nobody_is_written_to_first(bench: Bench) -> None:
    async with bench.up():
        with pytest.raises(PermanentSendError, match="ever wrote"):
            await bench.channel.send(bench.world.compose(ANN.phone, "Hello"))
        await bench.say(incoming(1))
        assert await bench.channel.send(bench.world.compose(ANN.phone, "Hello"))


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (OrderFailedError("no", again=True), TemporarySendError),
        (OrderFailedError("no", again=False, unsure=True), TemporarySendError),
        (OrderFailedError("no", again=False), PermanentSendError),
        (OrderFailedError("no", again=True, code=463), PermanentSendError),
    ],
)
async def test_a_failure_is_tried_again_where_that_can_help(
    bench: Bench, failure: OrderFailedError, kind: type[ChannelError]
) -> None:
    async with bench.up():
        bench.child.refusal = failure
        with pytest.raises(kind):
            await bench.channel.send(bench.world.compose(GROUP, "Hello"))
        await bench.channel.show_typing(bench.world.address(GROUP), typing=True)


async def test_the_sixth_message_in_a_row_waits_while_the_chat_sees_typing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, chat_per_minute=600)
    async with bench.up():
        for _ in range(7):
            await bench.channel.send(bench.world.compose(GROUP, "Hello"))
    kinds = [type(order) for order in bench.child.orders]
    assert kinds == [Write] * 5 + [Typing, Write] * 2


async def test_typing_can_be_left_out(tmp_path: Path) -> None:
    bench = Bench(tmp_path, typing=False)
    async with bench.up():
        await bench.channel.show_typing(bench.world.address(GROUP), typing=True)
    assert not bench.child.orders


async def test_a_session_that_was_ended_keeps_the_channel_running_and_can_be_linked_again(bench: Bench) -> None:
    async with bench.up():
        bench.child.say(Standing(state="logged-out"))
        await asyncio.sleep(0.02)
        state = bench.channel.state()
        assert (state.status, state.condition) == (ChannelStatus.DOWN, ChannelCondition.LOGGED_OUT)
        assert bench.world.state_changes == 2
        with pytest.raises(TemporarySendError, match="ended the session"):
            await bench.channel.send(bench.world.compose(GROUP, "Hello"))
        with pytest.raises(TemporarySendError):
            await bench.channel.probe()
        steps = []

        async def link() -> None:
            steps.extend([step async for step in bench.channel.pair()])

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(link(), name="link")
            await bench.child.until_ordered(Pair)
            bench.child.say(Paired(me=ME))
        assert steps == [PairingDone(account=ME.phone, owner=ME.phone, chat=ME.phone, name="Olga")]
        bench.child.connect()
        await asyncio.sleep(0.02)
        assert bench.channel.state().status is ChannelStatus.UP


async def test_a_connection_that_nothing_proves_any_more_is_down(bench: Bench) -> None:
    async with bench.up():
        bench.world.clock.ahead += 100
        assert bench.channel.state().condition is ChannelCondition.UNREACHABLE


async def test_a_probe_is_a_question_and_a_message_to_oneself_that_shows_nothing_and_is_a_new_one_each_time(
    bench: Bench,
) -> None:
    async with bench.up():
        assert "took a message" in await bench.channel.probe()
        await bench.channel.probe()
    assert [type(order) for order in bench.child.orders] == [Probe, React] * 2
    first, second = (order for order in bench.child.orders if isinstance(order, React))
    assert (first.chat, first.emoji) == (ME.phone, "")
    assert first.target != second.target
    assert first.client_id != second.client_id


async def test_nothing_works_before_the_start_and_that_is_said(bench: Bench) -> None:
    with pytest.raises(TemporarySendError, match="not started"):
        await bench.channel.send(bench.world.compose(GROUP, "Hello"))
    with pytest.raises(ChannelError, match="not started"):
        await bench.channel.probe()
    with pytest.raises(ChannelError, match="not started"):
        await bench.channel.logout()
    with pytest.raises(PairingError, match="not started"):
        await anext(bench.channel.pair())


async def test_without_the_client_it_says_what_to_run(bench: Bench) -> None:
    channel = whatsapp_channel({}, client="no_such_client")
    with pytest.raises(ChannelError, match="not installed") as caught:
        await channel.run(bench.world.surroundings())
    assert "auth whatsapp" in caught.value.hint
    assert "auth whatsapp" in channel.state().hint


async def test_a_folder_that_cannot_be_used_ends_the_channel_with_one_reason(bench: Bench) -> None:
    (bench.folder / "identities").mkdir(parents=True)
    with pytest.raises(ChannelError, match="identities"):
        await bench.channel.run(bench.world.surroundings())
    assert "identities" in bench.channel.state().detail


async def test_a_thousand_messages_in_a_moment_are_all_there(bench: Bench) -> None:
    async with bench.up(), asyncio.timeout(10):
        bench.child.say(*(in_group(number, text=f"{number}") for number in range(1, 1_001)))
        await bench.child.until_kept(1_000)
    assert bench.texts() == [f"{number}" for number in range(1, 1_001)]

"""What every channel promises. A channel joins by adding its counterpart to ``COUNTERPARTS``."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.channels.contract import Channel, ChannelError, ChannelStatus, Dialect
from nanoclaw.channels.spool import FILE_LIMIT
from nanoclaw.delivery.adapt import adapt
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import OutgoingFile, ReplyKind
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.counterpart import Counterpart
from tests.fakes.crabline_counterpart import CrablineCounterpart
from tests.fakes.lines_counterpart import LinesCounterpart
from tests.fakes.local_counterpart import LocalCounterpart
from tests.fakes.running_channel import running
from tests.fakes.telegram_counterpart import TelegramCounterpart
from tests.fakes.web_counterpart import WebCounterpart
from tests.fakes.whatsapp_counterpart import WhatsAppCounterpart

COUNTERPARTS: dict[str, Counterpart] = {
    "lines of the tutorial": LinesCounterpart(),
    "local": LocalCounterpart(),
    "telegram": TelegramCounterpart(),
    "telegram at crabline": CrablineCounterpart(),
    "web": WebCounterpart(),
    "whatsapp": WhatsAppCounterpart(),
}

HOSTILE = {
    "NUL": "before\x00after",
    "lone surrogate": "before\ud83dafter",
    "right-to-left override": "invoice\u202efdp.exe\u2066\u200f",
    "joined emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "markup": "<script>alert(1)</script> & \"quotes\" 'too' \\u0041",
    "control characters": "\x1b[2J\x07\r\n\ttext\x7f",
    "one megabyte": "word " * 209_715 + "x",
    "longer than one megabyte": "word " * 420_000,
}


@pytest.fixture(params=COUNTERPARTS)
async def counterpart(request: pytest.FixtureRequest) -> AsyncIterator[Counterpart]:
    found = COUNTERPARTS[request.param]
    async with found.open():
        yield found


@pytest.fixture
def channel(counterpart: Counterpart) -> Channel:
    return counterpart.make()


@pytest.fixture
async def world(counterpart: Counterpart, channel: Channel, tmp_path: Path) -> ChannelWorld:
    return ChannelWorld(channel.name, tmp_path / "kept", chats={counterpart.chat: "Main"}, options=counterpart.options)


def fresh_id() -> str:
    return str(uuid.uuid4())


def test_the_name_can_stand_in_a_configuration_and_in_an_address(channel: Channel) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", channel.name)


def test_capabilities_make_sense_and_never_change(channel: Channel, counterpart: Counterpart) -> None:
    assert channel.capabilities == channel.capabilities == counterpart.make().capabilities
    assert channel.capabilities.text_limit >= 100
    assert channel.capabilities.dialect in Dialect


async def test_the_network_is_told_of_a_message_only_after_it_is_on_disk(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        world.durable.clear()
        async with asyncio.TaskGroup() as tasks:
            saying = tasks.create_task(person.say(fresh_id(), "Hello"), name="say")
            await world.accepting.wait()
            await asyncio.sleep(0.1)
            assert not saying.done()
            world.durable.set()
        assert saying.result().accepted
    assert [message.text for message in world.accepted] == ["Hello"]


async def test_a_message_that_could_not_be_stored_is_not_confirmed_and_can_be_sent_again(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    name = fresh_id()
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        world.refusal = NanoclawError("The disk is full", hint="Free some space.")
        told = await person.say(name, "Hello")
        assert not told.accepted
        assert told.why
        assert channel.state().status is ChannelStatus.UP
        world.refusal = None
        assert (await person.say(name, "Hello")).accepted
    assert len(world.accepted) == 1


async def test_the_same_id_twice_is_one_message_also_at_the_same_moment(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    name = fresh_id()
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        async with asyncio.TaskGroup() as tasks:
            said = [tasks.create_task(person.say(name, "Hello"), name=f"say-{number}") for number in range(5)]
        assert all(one.result().accepted for one in said)
        await person.say(fresh_id(), "Hello")
    assert len(world.accepted) == 2


async def test_messages_name_their_chat_their_channel_and_who_sent_them(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        await person.say(fresh_id(), "Hello")
    (message,) = world.accepted
    assert message.address == ChatAddress(channel=channel.name, chat=counterpart.chat)
    assert message.sender.id
    assert message.external_id
    assert abs(message.sent_at - world.clock.now()) < 60_000
    assert not message.from_assistant


@pytest.mark.parametrize("kind", HOSTILE)
async def test_any_text_arrives_as_it_was_sent_or_is_refused_clearly(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld, kind: str
) -> None:
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        told = await person.say(fresh_id(), HOSTILE[kind])
        if told.accepted:
            assert [message.text for message in world.accepted] == [HOSTILE[kind]]
        else:
            assert told.why
            assert not world.accepted
        assert (await person.say(fresh_id(), "And on it goes")).accepted


async def test_a_reply_is_seen_whole_up_to_the_limit(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    longest = ("*Long* <b>\u202e& " * 10_000)[: channel.capabilities.text_limit].strip()
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        for text in ("Short", longest):
            reply = world.compose(counterpart.chat, text)
            world.delivered(reply, await channel.send(reply))
        assert await person.sees() == ["Short", longest]


async def test_a_reply_sent_again_is_the_same_message_where_the_network_is_idempotent(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    if not channel.capabilities.idempotent:
        pytest.skip(f"{channel.name} has no client-chosen ids: a resend after a crash is a second message")
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        reply = world.compose(counterpart.chat, "Once")
        assert await channel.send(reply) == await channel.send(reply)
        world.delivered(reply)
        assert await person.sees() == ["Once"]


async def test_a_file_arrives_whole_and_its_copy_is_gone_once_the_message_is_stored(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld, tmp_path: Path
) -> None:
    file = tmp_path / "plan \u202e\u00e4.pdf"
    file.write_bytes(bytes(range(256)) * 5_000)
    name = fresh_id()
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        told = await person.give(name, "Read this", file)
        assert told.accepted
        (message,) = world.accepted
        assert (message.external_id, message.text) == (told.name, "Read this")
        assert [one.name for one in message.files] == [file.name]
        assert world.received == {file.name: file.read_bytes()}
        assert not list((tmp_path / "kept").rglob("incoming/*"))
        assert file.exists()


async def test_a_file_that_is_too_large_is_not_taken_in_and_its_name_is_told(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld, tmp_path: Path
) -> None:
    file = tmp_path / "huge.bin"
    with file.open("wb") as content:
        content.truncate(FILE_LIMIT + 1)
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        told = await person.give(fresh_id(), "", file)
        # A sender who cannot be refused has sent it all the same: then the words in its place say what it was.
        assert "huge.bin" in (world.accepted.pop().text if told.accepted else told.why)
        assert not world.received
        assert not list((tmp_path / "kept").rglob("incoming/*"))
        assert (await person.say(fresh_id(), "And on it goes")).accepted
    assert len(world.accepted) == 1


async def test_a_channel_that_carries_files_hands_out_the_very_bytes(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld, tmp_path: Path
) -> None:
    if not channel.capabilities.files:
        pytest.skip(f"{channel.name} carries no files: the delivery sends a text in their place")
    path = tmp_path / "copy"
    path.write_bytes(b"\x00\xff" * 1_000)
    file = OutgoingFile(name="r\u00e9sum\u00e9 <b>.pdf", media_type="application/pdf", path=str(path), size=2_000)
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()) as person:
        reply = world.compose(counterpart.chat, "Here", kind=ReplyKind.FILE, file=file)
        world.delivered(reply, await channel.send(reply))
        assert await person.gets(reply) == path.read_bytes()


@pytest.mark.parametrize("kind", [ReplyKind.REACTION, ReplyKind.EDIT])
async def test_a_reaction_or_an_edit_is_sent_where_the_channel_can_and_never_given_to_it_where_it_cannot(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld, kind: ReplyKind
) -> None:
    able = channel.capabilities.reactions if kind is ReplyKind.REACTION else channel.capabilities.edits
    async with running(channel, world.surroundings()), counterpart.join(channel, world.surroundings()):
        first = world.compose(counterpart.chat, "Frist")
        target = await channel.send(first)
        world.delivered(first, target)
        text = "First" if kind is ReplyKind.EDIT else "\N{THUMBS UP SIGN}"
        reply = world.compose(counterpart.chat, text, kind=kind, target=target, target_at=first.created_at)
        carried = adapt(reply, channel.capabilities, reply.created_at)
        if able:
            assert carried == reply
            assert isinstance(await channel.send(reply), str)
            assert world.lines(counterpart.chat)[-1].target == f"out-{first.id}"
        elif kind is ReplyKind.REACTION:
            assert carried is None
        else:
            assert carried is not None
            assert (carried.kind, carried.text) == (ReplyKind.TEXT, "(corrected) First")
            assert await channel.send(carried)


async def test_choices_reach_a_channel_only_if_it_has_buttons(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    reply = world.compose(counterpart.chat, "Tea?\n1. yes\n2. no", choices=("yes", "no"))
    carried = adapt(reply, channel.capabilities, reply.created_at)
    assert carried is not None
    assert carried.text == reply.text
    assert carried.choices == (("yes", "no") if channel.capabilities.choices else ())


async def test_typing_is_only_a_courtesy(counterpart: Counterpart, channel: Channel, world: ChannelWorld) -> None:
    addresses = [world.address(counterpart.chat), world.address("nobody"), world.address("\x00/..")]
    for address in addresses:
        await channel.show_typing(address, typing=True)
    async with running(channel, world.surroundings()):
        for address in addresses:
            await channel.show_typing(address, typing=True)
            await channel.show_typing(address, typing=False)
    for address in addresses:
        await channel.show_typing(address, typing=False)


async def test_the_state_goes_from_down_by_way_of_starting_to_up_and_down_again(
    channel: Channel, world: ChannelWorld
) -> None:
    states = [channel.state().status]
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        task = tasks.create_task(channel.run(world.surroundings()), name="channel")
        while states[-1] is not ChannelStatus.UP:
            await asyncio.sleep(0)
            states.append(channel.state().status)
        task.cancel()
    states.append(channel.state().status)
    seen = [state for state, before in zip(states, [None, *states], strict=False) if state is not before]
    down, starting, up = ChannelStatus.DOWN, ChannelStatus.STARTING, ChannelStatus.UP
    assert seen in ([down, starting, up, down], [down, up, down])


async def test_a_stopped_channel_leaves_no_task_and_no_door_open(
    counterpart: Counterpart, channel: Channel, world: ChannelWorld
) -> None:
    before = asyncio.all_tasks()
    async with running(channel, world.surroundings()):
        where = channel.state().detail
        async with counterpart.join(channel, world.surroundings()) as person:
            await person.say(fresh_id(), "Hello")
    assert channel.state().status is ChannelStatus.DOWN
    async with asyncio.timeout(2):
        # A server in this process notices a moment later that nobody listens any more.
        while not asyncio.all_tasks() <= before:  # noqa: ASYNC110 - tasks have no event
            await asyncio.sleep(0.01)
    assert world.watchers == 0
    assert not await counterpart.answers(where)


async def test_a_channel_that_was_stopped_while_starting_is_down(channel: Channel, world: ChannelWorld) -> None:
    for turns in range(6):
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(channel.run(world.surroundings()), name="channel")
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
        assert channel.state().status is ChannelStatus.DOWN


async def test_bad_options_are_refused_with_their_key(
    counterpart: Counterpart, channel: Channel, tmp_path: Path
) -> None:
    for table, key in counterpart.bad_options:
        world = ChannelWorld(channel.name, tmp_path / "kept", chats={}, options=table)
        with pytest.raises(ChannelError, match=re.escape(key)) as caught:
            async with asyncio.timeout(10):
                await channel.run(world.surroundings())
        assert caught.value.hint
        assert channel.state().status is ChannelStatus.DOWN
        assert channel.state().detail

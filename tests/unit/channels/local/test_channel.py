"""The chat of this machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.local.channel import LOCAL, LocalChannel, LocalMessage
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running


@pytest.fixture
def world(tmp_path: Path) -> ChannelWorld:
    return ChannelWorld(LOCAL, tmp_path / "kept", chats={"main": "Main"}, options={})


async def test_what_is_submitted_comes_from_the_owner_under_the_name_they_give(world: ChannelWorld) -> None:
    channel = LocalChannel()
    async with running(channel, world.surroundings()):
        await channel.submit(LocalMessage(chat="main", text="one", sender="Ann", client_id="c1"))
        await channel.submit(LocalMessage(chat="main", text="two"))
    first, second = world.accepted
    assert (first.sender.id, first.sender.name, first.external_id) == ("owner", "Ann", "c1")
    assert (second.sender.id, second.sender.name) == ("owner", "You")


async def test_messages_without_an_id_are_all_new_and_those_with_one_are_the_same(world: ChannelWorld) -> None:
    channel = LocalChannel()
    same = LocalMessage(chat="main", text="hello", client_id="c1")
    async with running(channel, world.surroundings()):
        receipts = [
            await channel.submit(one) for one in (same, same, replace(same, client_id=""), replace(same, client_id=""))
        ]
    assert [receipt.duplicate for receipt in receipts] == [False, True, False, False]


async def test_nothing_is_taken_in_before_it_is_up_or_after_it_is_down(world: ChannelWorld) -> None:
    channel = LocalChannel()
    message = LocalMessage(chat="main", text="hello")
    with pytest.raises(ChannelError, match="not up") as caught:
        await channel.submit(message)
    assert caught.value.hint
    async with running(channel, world.surroundings()):
        await channel.submit(message)
    with pytest.raises(ChannelError):
        await channel.submit(message)
    assert len(world.accepted) == 1


async def test_a_reply_is_delivered_by_being_readable(world: ChannelWorld) -> None:
    reply = world.compose("main", "hello")
    assert await LocalChannel().send(reply) == reply.client_id


async def test_files_come_along_and_a_missing_one_stops_the_message(world: ChannelWorld, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("hello")
    channel = LocalChannel()
    async with running(channel, world.surroundings()):
        await channel.submit(LocalMessage(chat="main", text="Read this", files=(note,)))
        with pytest.raises(ChannelError, match="missing"):
            await channel.submit(LocalMessage(chat="main", text="And this", files=(note, tmp_path / "missing")))
        assert not list((tmp_path / "kept").rglob("incoming/*"))
    (message,) = world.accepted
    assert [(file.name, file.media_type) for file in message.files] == [("note.txt", "text/plain")]
    assert world.received == {"note.txt": b"hello"}

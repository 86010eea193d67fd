"""What channels may ask about their own chats."""

import asyncio

import pytest

from nanoclaw.channels.local.channel import LOCAL
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.networks.conversations import LiveConversations
from nanoclaw.daemon.shelves import open_shelves
from nanoclaw.dispatch.limits import Outlets
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import TypingChanged
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.groups import GroupFolder
from nanoclaw.settings.schema import AgentSettings, Settings
from tests.unit.store.conftest import HERE, Store, address, new_group, owner_chats

PAGE = ChannelName("web")


@pytest.fixture
def broadcast() -> Broadcast:
    return Broadcast()


@pytest.fixture
def conversations(store: Store, broadcast: Broadcast) -> LiveConversations:
    shelves = open_shelves(store.database, store.database, store.clock, Settings())
    outlets = Outlets(
        deliver=lambda _: None,
        run_ended=lambda _: None,
        trouble=store.groups.note_trouble,
        owner_chats=owner_chats,
    )
    lanes = Lanes(shelves, AgentSettings(), outlets, broadcast, store.clock)
    return LiveConversations(store.groups, store.history, broadcast, lanes)


async def test_a_channel_sees_its_own_registered_chats_main_first(
    store: Store, conversations: LiveConversations
) -> None:
    await store.groups.add(new_group("a-journal", chat=address("j", PAGE)))
    await store.groups.bind(GroupFolder("main"), address("main", PAGE), "Page")
    await store.receive("hello", address=address("stranger", PAGE))
    cards = await conversations.chats(PAGE)
    assert [(card.folder, card.chat, card.name) for card in cards] == [
        ("main", "main", "Main"),
        ("a-journal", "j", "A-Journal"),
    ]
    assert [card.folder for card in await conversations.chats(LOCAL)] == ["main"]
    await store.groups.remove(GroupFolder("a-journal"))
    assert [card.folder for card in await conversations.chats(PAGE)] == ["main"]


async def test_history_and_lines_are_of_the_chat_that_was_asked_about(
    store: Store, conversations: LiveConversations
) -> None:
    await store.add_group("family")
    await store.receive("one")
    await store.receive("theirs", address=address("family"))
    await store.receive("two")
    lines = await conversations.history(HERE, limit=10)
    assert [line.text for line in lines] == ["one", "two"]
    assert await conversations.line(HERE, lines[0].id) == lines[0]
    assert await conversations.line(HERE, "in-2") is None
    for nonsense in ("", "in-", "in-x", "out-1", "in-99999999999999999999999", "in-1 OR 1=1"):
        assert await conversations.line(HERE, nonsense) is None


async def test_only_events_of_the_chat_are_passed_on(conversations: LiveConversations, broadcast: Broadcast) -> None:
    with conversations.watch(HERE) as events:
        broadcast.publish(TypingChanged(address=address("family"), typing=True))
        broadcast.publish(TypingChanged(address=HERE, typing=False))
        async with asyncio.timeout(5):
            assert await anext(events) == TypingChanged(address=HERE, typing=False)


async def test_what_does_not_run_cannot_be_interrupted_and_nobody_is_expected_where_nobody_is_registered(
    conversations: LiveConversations,
) -> None:
    assert not await conversations.interrupt(HERE)
    assert not await conversations.interrupt(address("nobody"))
    await conversations.expect(address("nobody"))

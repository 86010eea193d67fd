"""Messages while the agent works."""

import pytest

from nanoclaw.agents.tools.tally import LIMITS, Allowance
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.turns import NewOutgoing, ReplyKind
from tests.unit.agents.tools.world import FAMILY, Agent, World, address, agent_of


async def test_a_message_goes_to_the_chat_of_the_turn_and_wakes_the_courier(world: World, family: Agent) -> None:
    assert await family.call("send_message", text="On it <internal>hm</internal>") == "Sent as out-1."
    (sent,) = world.box.queued
    assert (sent.address, sent.turn, sent.text, sent.kind) == (address("family"), 7, "On it", ReplyKind.TEXT)
    assert world.box.delivered == [address("family")]


async def test_a_sender_is_shown_before_the_text_on_one_line(world: World, family: Agent) -> None:
    await family.call("send_message", text="Found it", sender="**Re\nsearcher**")
    assert world.box.queued[0].text == "**Re searcher:** Found it"


async def test_a_long_message_is_several_and_each_counts(world: World, family: Agent) -> None:
    assert await family.call("send_message", text="x" * 250) == "Sent as out-1, out-2, out-3."
    assert [len(sent.text) for sent in world.box.queued] == [100, 100, 50]
    assert len({sent.client_id for sent in world.box.queued}) == 3


@pytest.mark.parametrize("text", ["", "  \n", "<internal>only thoughts</internal>"])
async def test_an_empty_text_is_refused(world: World, family: Agent, text: str) -> None:
    assert "empty" in await family.refused("send_message", text=text)
    assert world.box.queued == []
    assert world.refusals == [("family", "send_message", "arguments")]


async def test_a_turn_that_starts_again_sends_the_same_message_once(world: World) -> None:
    for attempt in (0, 1):
        again = agent_of(world, FAMILY, attempt=attempt)
        assert await again.call("send_message", text="one") == "Sent as out-1."
        assert await again.call("send_message", text="two") == "Sent as out-2."
    assert [sent.text for sent in world.box.queued] == ["one", "two"]


async def test_a_turn_that_goes_otherwise_the_second_time_sends_what_is_new(world: World, family: Agent) -> None:
    await family.call("send_message", text="one")
    await family.call("send_message", text="two")
    again = agent_of(world, FAMILY)
    assert await again.call("send_message", text="two") == "Sent as out-2."
    assert await again.call("send_message", text="three") == "Sent as out-3."


async def test_an_agent_that_lives_on_sends_once_when_the_turn_is_tried_again(world: World, family: Agent) -> None:
    await family.call("send_message", text="one")
    family.caller = agent_of(world, FAMILY, attempt=1).caller
    assert await family.call("send_message", text="one") == "Sent as out-1."


async def test_the_same_text_twice_in_one_try_is_two_messages(world: World, family: Agent) -> None:
    await family.call("send_message", text="tick")
    await family.call("send_message", text="tick")
    assert [sent.text for sent in world.box.queued] == ["tick", "tick"]


async def test_turns_that_overlap_do_not_take_each_others_messages_for_their_own(world: World, family: Agent) -> None:
    for turn in (7, 8, 7):
        family.caller = agent_of(world, FAMILY, turn=turn).caller
        await family.call("send_message", text="tick")
    assert len(world.box.queued) == 3


async def test_a_turn_cannot_flood_its_chat(world: World, family: Agent) -> None:
    for number in range(LIMITS[Allowance.MESSAGES]):
        await family.call("send_message", text=f"{number}")
    assert "A turn has 30 messages" in await family.refused("send_message", text="more")
    assert "A turn has 30 messages" in await family.refused("send_message", text="and more")
    assert world.refusals == [("family", "send_message", "limit")]
    family.caller = agent_of(world, FAMILY, turn=8).caller
    await family.call("send_message", text="the next turn may")


async def test_a_long_message_is_sent_whole_or_not_at_all(world: World, family: Agent) -> None:
    for number in range(LIMITS[Allowance.MESSAGES] - 1):
        await family.call("send_message", text=f"{number}")
    await family.refused("send_message", text="x" * 101)
    assert await family.call("send_message", text="x" * 100) == "Sent as out-30."


async def test_work_that_nobody_asked_for_has_no_chat(world: World) -> None:
    assert "no chat" in await agent_of(world, FAMILY, turn=None).refused("send_message", text="hello")
    assert world.refusals == [("family", "send_message", "no-chat")]


async def test_a_chat_that_is_known_no_more_is_named_as_the_reason(world: World, family: Agent) -> None:
    world.box.owners.clear()
    assert "known no more" in await family.refused("send_message", text="hello")


async def test_a_reaction_is_for_the_newest_message_unless_another_is_named(world: World, family: Agent) -> None:
    world.box.received[5] = address("family")
    assert await family.call("react", emoji="👍") == "Reacted to in-5."
    assert await family.call("react", emoji="", message="in-2") == "Took the reaction to in-2 back."
    first, second = world.box.queued
    assert (first.kind, first.target_message, first.text) == (ReplyKind.REACTION, 5, "👍")
    assert (second.target_message, second.text) == (2, "")


async def test_the_assistants_own_message_can_be_reacted_to(world: World, family: Agent) -> None:
    await family.call("send_message", text="done")
    assert await family.call("react", emoji="🎉", message="out-1") == "Reacted to out-1."
    assert (world.box.queued[1].target_message, world.box.queued[1].target_reply) == (None, 1)


@pytest.mark.parametrize("message", ["in-1", "in-99", "out-1", "out-99"])
async def test_messages_of_other_groups_are_not_there(world: World, family: Agent, main: Agent, message: str) -> None:
    await main.call("send_message", text="private")
    assert f"no message {message}" in await family.refused("react", emoji="👍", message=message)
    if message.startswith("out"):
        assert f"no message {message}" in await family.refused("edit_message", message=message, text="forged")
    assert len(world.box.queued) == 1


@pytest.mark.parametrize("message", ["5", "in-", "in-1x", "in--1", "in-１", "OUT-1", "x-1", ""])
async def test_what_is_not_the_name_of_a_message_is_refused(family: Agent, message: str) -> None:
    assert "No message is called so" in await family.refused("react", emoji="👍", message=message)


@pytest.mark.parametrize("emoji", ["nice", "👍 👍", "a"])
async def test_a_reaction_is_an_emoji(family: Agent, emoji: str) -> None:
    assert "one emoji" in await family.refused("react", emoji=emoji)


async def test_a_chat_without_messages_has_nothing_to_react_to_or_edit(world: World, family: Agent) -> None:
    world.box.received.clear()
    assert "Nobody has written" in await family.refused("react", emoji="👍")
    assert "You have not written" in await family.refused("edit_message", message="last", text="x")


async def test_an_edit_replaces_an_own_message(world: World, family: Agent) -> None:
    await family.call("send_message", text="teh")
    assert await family.call("edit_message", message="last", text="the") == "Edited out-1."
    assert await family.call("edit_message", message="out-1", text="the end") == "Edited out-1."
    assert [(sent.kind, sent.target_reply, sent.text) for sent in world.box.queued[1:]] == [
        (ReplyKind.EDIT, 1, "the"),
        (ReplyKind.EDIT, 1, "the end"),
    ]


async def test_only_own_messages_can_be_edited(family: Agent) -> None:
    assert "only your own" in await family.refused("edit_message", message="in-2", text="x")


async def test_an_edit_has_to_fit_into_one_message(family: Agent) -> None:
    await family.call("send_message", text="short")
    assert "too long" in await family.refused("edit_message", message="out-1", text="x" * 101)
    assert "empty" in await family.refused("edit_message", message="out-1", text="<internal>x</internal>")


async def test_the_box_of_these_tests_knows_a_client_id_again(world: World) -> None:
    new = NewOutgoing(address=address("main"), client_id="a", text="x")
    assert await world.box.queue(new) == await world.box.queue(new) == 1
    assert await world.box.queue(NewOutgoing(address=_elsewhere(), client_id="b", text="x")) is None


def _elsewhere() -> ChatAddress:
    return ChatAddress(channel=ChannelName("web"), chat="1")

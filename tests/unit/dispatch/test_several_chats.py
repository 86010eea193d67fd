"""A group that is wired to several chats: one turn at a time, in one conversation or in one for each chat."""

from zoneinfo import ZoneInfo

from nanoclaw.agents.outcomes import Compacted
from nanoclaw.agents.prompt import write_turn
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.options import GroupOptions, with_option
from nanoclaw.model.turns import TurnState
from nanoclaw.store.groups import GroupChange
from tests.fakes.waiting import until
from tests.unit.dispatch.conftest import Office
from tests.unit.store.conftest import address


async def wire(office: Office, *, separate: bool) -> Group:
    """The family, in its own chat and at the cottage."""
    group = await office.store.add_group("family", requires_trigger=False)
    await office.store.groups.add_chat(group, address("cottage"), "Cottage")
    options = with_option(GroupOptions(), "conversation", "separate" if separate else "")
    changed = await office.store.groups.change(GroupFolder("family"), GroupChange(options=options))
    assert changed is not None
    return changed


async def session(office: Office, group: Group, chat: str | None = None) -> str | None:
    row = None if chat is None else await office.store.groups.chat(group.id, address(chat))
    found = await office.store.groups.session(group.id, row)
    return found.session if found else None


async def test_a_shared_conversation_goes_from_chat_to_chat_in_order_and_answers_where_it_was_asked(
    office: Office,
) -> None:
    group = await wire(office, separate=False)
    async with office.dispatching() as dispatcher:
        first = await office.receive("one", "family")
        dispatcher.wake(group)
        agent, given = await office.crew.next_given()
        second = await office.receive("two", "cottage")
        dispatcher.wake(group)
        agent.answer("One.")
        await office.ended(first)
        same, again = await office.crew.next_given()
        assert same is agent
        assert (given.prompt, again.prompt) == ("one", "two")
        agent.answer("Two.")
        await office.ended(second)
        assert await office.replies("family") == ["One."]
        assert await office.replies("cottage") == ["Two."]
        assert await session(office, group)
        assert await session(office, group, "cottage") is None


async def test_separate_conversations_are_served_one_after_the_other_each_where_it_stands(office: Office) -> None:
    group = await wire(office, separate=True)
    async with office.dispatching() as dispatcher:
        first = await office.receive("one", "family")
        dispatcher.wake(group)
        agent, _ = await office.crew.next_given()
        second = await office.receive("two", "cottage")
        dispatcher.wake(group)
        third = await office.receive("three", "family")
        dispatcher.wake(group)
        await until(lambda: len(agent.given) == 2)
        agent.answer("One.")
        agent.answer("Three.")
        await office.ended(first)
        await office.ended(third)
        other, given = await office.crew.next_given()
        while other is agent:
            other, given = await office.crew.next_given()
        assert agent.closed
        assert other.position is None
        assert given.prompt == "two"
        other.answer("Two.")
        await office.ended(second)
        fourth = await office.receive("four", "family")
        dispatcher.wake(group)
        back, _ = await office.crew.next_given()
        assert back is not other
        assert back.position is not None
        back.answer("Four.")
        await office.ended(fourth)
    assert await session(office, group) is None
    assert await session(office, group, "family")
    assert await session(office, group, "cottage")
    assert await office.replies("cottage") == ["Two."]


async def test_one_chat_that_never_rests_does_not_keep_the_other_waiting(office: Office) -> None:
    group = await wire(office, separate=True)
    async with office.dispatching() as dispatcher:
        await office.receive("one", "family")
        dispatcher.wake(group)
        agent, _ = await office.crew.next_given()
        elsewhere = await office.receive("two", "cottage")
        agent.answer("One.")
        # Before the worker hears of the answer, the first chat goes on.
        await office.receive("three", "family")
        dispatcher.wake(group)
        office.crew.reply = lambda prompt: f"{prompt}."
        other, given = await office.crew.next_given()
        if given.prompt == "three":
            other.answer("Three.")
            other, given = await office.crew.next_given()
        assert given.prompt == "two"
        await office.ended(elsewhere)


async def test_a_failed_conversation_of_a_chat_is_forgotten_alone(office: Office) -> None:
    group = await wire(office, separate=True)
    here = await office.store.groups.chat(group.id, address("family"))
    there = await office.store.groups.chat(group.id, address("cottage"))
    async with office.dispatching() as dispatcher:
        office.crew.reply = lambda prompt: f"{prompt}."
        for chat in ("family", "cottage"):
            turn = await office.receive("hello", chat)
            dispatcher.wake(group)
            await office.ended(turn)
    await office.store.groups.forget_conversation(group.id, here)
    assert await office.store.groups.session(group.id, here) is None
    assert await office.store.groups.session(group.id, there) is not None


async def test_what_was_to_be_forgotten_while_a_turn_ran_does_not_come_back(office: Office) -> None:
    group = await wire(office, separate=True)
    here = await office.store.groups.chat(group.id, address("family"))
    async with office.dispatching() as dispatcher:
        turn = await office.receive("hello", "family")
        dispatcher.wake(group)
        agent, _ = await office.crew.next_given()
        await office.store.groups.forget_conversation(group.id, here)
        agent.answer("Hi.")
        await office.ended(turn)
    assert await office.store.groups.session(group.id, here) is None


async def test_nobody_starts_ahead_without_knowing_in_which_conversation(office: Office) -> None:
    group = await wire(office, separate=True)
    cottage = await office.store.groups.chat(group.id, address("cottage"))
    async with office.dispatching() as dispatcher:
        dispatcher.expect(group)
        assert dispatcher.workers == ()
        dispatcher.expect(group, cottage)
        agent = await office.crew.started.get()
        turn = await office.receive("hello", "cottage")
        dispatcher.wake(group)
        same, _ = await office.crew.next_given()
        assert same is agent
        agent.answer("Hi.")
        await office.ended(turn)
        assert await session(office, group, "cottage")


async def test_compacting_is_for_the_chat_that_asked(office: Office) -> None:
    group = await wire(office, separate=True)
    family = await office.store.groups.chat(group.id, address("family"))
    cottage = await office.store.groups.chat(group.id, address("cottage"))
    async with office.dispatching() as dispatcher:
        assert dispatcher.compact(group, cottage, told=address("cottage"))
        agent = await office.crew.started.get()
        await until(lambda: agent.compactions == 1)
        assert not dispatcher.compact(group, family)
        agent.say(Compacted(position=agent.at("short")))
        await until(lambda: len(office.delivered) == 1)
    assert await session(office, group, "cottage")
    assert await session(office, group, "family") is None
    assert await office.replies("cottage") == ["The conversation is shorter now."]
    assert await office.replies("family") == []


async def test_what_came_of_compacting_is_told_where_it_was_asked_and_not_where_something_was_said_last(
    office: Office,
) -> None:
    group = await wire(office, separate=False)
    async with office.dispatching() as dispatcher:
        turn = await office.receive("hello", "family")
        dispatcher.wake(group)
        agent, _ = await office.crew.next_given()
        agent.answer("Hi.")
        await office.ended(turn)
        await until(lambda: dispatcher.compact(group, told=address("cottage")))
        await until(lambda: agent.compactions == 1)
        agent.say(Compacted(position=agent.at("short")))
        await until(lambda: len(office.delivered) == 2)
    assert await office.replies("cottage") == ["The conversation is shorter now."]
    assert await office.replies("family") == ["Hi."]


async def test_the_prompt_says_which_chat_it_is_only_where_there_are_several(office: Office) -> None:
    group = await wire(office, separate=False)
    zone = ZoneInfo("UTC")
    await office.receive("hello", "cottage")
    turn = await office.turns.claim(group.id)
    assert turn is not None
    assert '<messages chat="Cottage on local">' in write_turn(turn, zone)
    await office.receive("hello", "main")
    main = await office.store.groups.find("main")
    assert main is not None
    alone = await office.turns.claim(main.id)
    assert alone is not None
    assert "<messages>" in write_turn(alone, zone)
    assert (await office.outcome(alone.id)).state is TurnState.RUNNING

"""A group that is wired to several chats."""

import pytest

from nanoclaw.model.chats import ChatId
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import SessionId, SessionPosition, TurnState
from nanoclaw.store.groups import GroupConflictError
from tests.unit.store.conftest import HERE, Store, address

FAMILY, COTTAGE = address("family"), address("120363@g.us", "whatsapp")
POSITION = SessionPosition(session=SessionId("s"), entry=None)


@pytest.fixture
async def family(store: Store) -> Group:
    made = await store.add_group("family", requires_trigger=False)
    await store.groups.add_chat(made, COTTAGE, "Cottage")
    return made


async def chat(store: Store, family: Group) -> ChatId:
    found = await store.groups.chat(family.id, COTTAGE)
    assert found is not None
    return found


async def test_what_was_said_in_a_chat_before_is_not_put_before_the_agent(store: Store) -> None:
    family = await store.add_group("family", requires_trigger=False)
    await store.groups.add_chat(family, COTTAGE, "Cottage")
    await store.receive("before", address=COTTAGE, wakes=False)
    await store.groups.remove_chat(family, await chat(store, family))
    await store.groups.add_chat(family, COTTAGE, "Cottage")
    await store.receive("after", address=COTTAGE)
    assert [message.text for message in (await store.claim(family)).messages] == ["after"]


async def test_a_chat_is_of_one_group(store: Store, family: Group) -> None:
    await store.groups.add_chat(family, COTTAGE, "Cottage")
    with pytest.raises(GroupConflictError, match="main"):
        await store.groups.add_chat(family, HERE, "Mine")
    assert [known.address for known in await store.groups.chats() if known.folder == "family"] == [FAMILY, COTTAGE]


async def test_a_chat_that_is_taken_away_takes_its_turns_and_its_conversation_along(
    store: Store, family: Group
) -> None:
    stored = await store.receive("hello", address=COTTAGE)
    await store.groups.set_session(family.id, POSITION, await chat(store, family))
    await store.groups.set_session(family.id, POSITION)
    taken = await chat(store, family)
    await store.groups.remove_chat(family, taken)
    assert await store.turns.claim(family.id) is None
    assert stored.turn is not None
    outcome = await store.outcomes.outcome(stored.turn)
    assert outcome is not None
    assert outcome.state is TurnState.STOPPED
    assert await store.groups.session(family.id, taken) is None
    assert await store.groups.session(family.id) == POSITION
    assert (await store.receive("hello?", address=COTTAGE)).group is None


async def test_the_only_chat_cannot_be_taken_away(store: Store) -> None:
    group = await store.add_group("family")
    only = await store.groups.chat(group.id, FAMILY)
    assert only is not None
    with pytest.raises(GroupConflictError, match="only chat"):
        await store.groups.remove_chat(group, only)


async def test_tasks_and_news_go_to_the_primary_chat_once_there_is_one(store: Store, family: Group) -> None:
    await store.receive("hello", address=FAMILY)
    assert await store.groups.chat_of(GroupFolder("family")) == FAMILY
    await store.groups.set_primary(family.id, await chat(store, family))
    assert await store.groups.chat_of(GroupFolder("family")) == COTTAGE
    first = await store.groups.chat(family.id, FAMILY)
    assert first is not None
    await store.groups.set_primary(family.id, first)
    assert await store.groups.chat_of(GroupFolder("family")) == FAMILY
    assert [known.primary for known in await store.groups.chats() if known.folder == "family"].count(True) == 1


async def test_the_owners_chat_is_the_primary_one_of_main(store: Store) -> None:
    main = await store.groups.find("main")
    assert main is not None
    await store.groups.add_chat(main, COTTAGE, "Mine")
    row = await store.groups.chat(main.id, HERE)
    assert row is not None
    await store.groups.set_primary(main.id, row)
    await store.receive("newest", address=COTTAGE)
    assert await store.groups.owner_chat() == HERE


async def test_a_removed_group_leaves_no_primary_chat_and_no_conversations(store: Store, family: Group) -> None:
    taken = await chat(store, family)
    await store.groups.set_session(family.id, POSITION, taken)
    await store.groups.set_primary(family.id, taken)
    assert await store.groups.remove(GroupFolder("family"))
    assert await store.groups.session(family.id, taken) is None
    other = await store.add_group("other")
    await store.groups.add_chat(other, COTTAGE, "Cottage")
    assert not any(known.primary for known in await store.groups.chats())

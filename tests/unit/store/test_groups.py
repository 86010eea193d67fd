"""Who is registered."""

import pytest

from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import SessionId, SessionPosition
from nanoclaw.store.groups import GroupConflictError
from tests.unit.store.conftest import HERE, Store, address, new_group


@pytest.mark.parametrize("folder", ["family", "Family", "FAMILY"])
async def test_a_folder_that_is_taken_in_any_letter_case_is_refused(store: Store, folder: str) -> None:
    await store.add_group("family")
    with pytest.raises(GroupConflictError, match="'family'") as caught:
        await store.groups.add(new_group(folder, chat=address("other")))
    assert caught.value.hint
    assert len(await store.groups.all()) == 2


async def test_a_chat_that_is_taken_is_refused_and_its_group_named(store: Store) -> None:
    with pytest.raises(GroupConflictError, match="'main'"):
        await store.groups.add(new_group("family", chat=HERE))
    assert await store.groups.find("family") is None


async def test_there_is_one_main_group(store: Store) -> None:
    with pytest.raises(GroupConflictError, match="main group already"):
        await store.groups.add(new_group("second", is_main=True))


async def test_the_main_group_comes_first(store: Store) -> None:
    await store.add_group("a-family")
    assert [group.folder for group in await store.groups.all()] == ["main", "a-family"]


async def test_a_removed_group_comes_back_with_a_clean_start(store: Store) -> None:
    group = await store.add_group("family")
    await store.receive("old news", address=address("family"), wakes=False)
    await store.groups.set_session(group.id, SessionPosition(session=SessionId("s"), entry=None))
    assert await store.groups.remove(GroupFolder("family"))
    assert not await store.groups.remove(GroupFolder("family"))
    assert await store.groups.find("family") is None
    assert await store.groups.of_chat(address("family")) is None
    again = await store.add_group("family", requires_trigger=False)
    assert again.id == group.id
    assert not again.requires_trigger
    assert await store.groups.session(again.id) is None
    await store.receive("hello", address=address("family"))
    assert [message.text for message in (await store.claim(again)).messages] == ["hello"]


async def test_messages_of_a_removed_group_are_not_kept(store: Store) -> None:
    await store.add_group("family")
    await store.groups.remove(GroupFolder("family"))
    stored = await store.receive("hello", address=address("family"))
    assert (stored.message, stored.group) == (0, None)


async def test_another_main_can_be_made_once_the_first_is_removed(store: Store, main: Group) -> None:
    await store.groups.remove(main.folder)
    assert (await store.groups.add(new_group("second", is_main=True))).is_main


async def test_a_group_can_have_several_chats_but_a_chat_only_one_group(store: Store, main: Group) -> None:
    page = address("main", "web")
    await store.groups.bind(main.folder, page, "Page")
    assert await store.groups.of_chat(page) == main
    family = await store.add_group("family")
    await store.groups.bind(family.folder, page, "Page")
    assert await store.groups.of_chat(page) == main
    await store.groups.bind(GroupFolder("nobody"), address("x", "web"), "X")
    assert await store.groups.of_chat(address("x", "web")) is None


async def test_the_owner_is_told_where_they_were_last_active(store: Store, main: Group) -> None:
    await store.groups.bind(main.folder, address("main", "web"), "Page")
    for last in (HERE, address("main", "web"), HERE):
        store.clock.value += 10
        await store.receive("hi", address=last)
        assert await store.groups.owner_chat() == last


async def test_without_a_main_group_there_is_no_owner(store: Store, main: Group) -> None:
    await store.groups.remove(main.folder)
    assert await store.groups.owner_chat() is None


async def test_a_session_is_kept_moved_and_forgotten(store: Store, main: Group) -> None:
    assert await store.groups.session(main.id) is None
    for entry in ("e1", None):
        position = SessionPosition(session=SessionId("s"), entry=entry)
        await store.groups.set_session(main.id, position)
        assert await store.groups.session(main.id) == position
    await store.groups.clear_session(main.id)
    assert await store.groups.session(main.id) is None


async def test_an_installation_keeps_the_id_it_made(store: Store) -> None:
    first = await store.groups.installation()
    assert len(first) == 12
    assert await store.groups.installation() == first


async def test_of_troubles_the_newest_hundred_are_kept(store: Store) -> None:
    for number in range(103):
        await store.groups.note_trouble(f"trouble {number} \ud83d", "hint")
    found = await store.groups.troubles(1000)
    assert len(found) == 100
    assert (found[0].what, found[-1].what) == ("trouble 102 \ufffd", "trouble 3 \ufffd")

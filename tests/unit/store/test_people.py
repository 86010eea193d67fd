"""Roles, and who was turned away."""

from dataclasses import replace

import pytest

from nanoclaw.model.chats import ChangeKind, ChannelName, InboundChange, Sender
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.store.changes import Target
from nanoclaw.store.inbox import Admission, Arrival, Verdict
from tests.unit.store.conftest import HERE, Store, address, message, verdict


def person(role: Role, *, sender: str = "4179", folder: str | None = None, name: str = "") -> Person:
    where = GroupFolder(folder) if folder is not None else None
    return Person(channel=ChannelName("whatsapp"), sender=sender, role=role, folder=where, name=name)


async def test_the_highest_role_counts_and_one_of_another_group_does_not(store: Store, main: Group) -> None:
    family = await store.add_group("family")
    assert await store.people.role_of("whatsapp", "4179", main.id) is None
    await store.people.add(person(Role.ADMIN, folder="family"))
    assert await store.people.role_of("whatsapp", "4179", main.id) is None
    assert await store.people.role_of("whatsapp", "4179", family.id) is Role.ADMIN
    await store.people.add(person(Role.MEMBER))
    assert await store.people.role_of("whatsapp", "4179", main.id) is Role.MEMBER
    assert await store.people.role_of("whatsapp", "4179", family.id) is Role.ADMIN


async def test_an_identity_is_of_one_channel_and_a_name_counts_for_nothing(store: Store, main: Group) -> None:
    await store.people.add(person(Role.OWNER, name="Ann"))
    assert await store.people.role_of("telegram", "4179", main.id) is None
    assert await store.people.role_of("whatsapp", "Ann", main.id) is None
    assert await store.people.role_of("whatsapp", "41790", main.id) is None


async def test_a_role_that_was_given_to_another_id_of_the_same_account_counts_in_messages_and_changes(
    store: Store, main: Group
) -> None:
    await store.people.add(Person(channel=HERE.channel, sender="+4179", role=Role.ADMIN, folder=main.folder))
    seen: list[Role | None] = []

    def judge(arrival: Arrival) -> Verdict:
        seen.append(arrival.role)
        return Verdict(admission=Admission.STORE)

    for number, also in enumerate(((), ("+4100",), ("+4100", "+4179"))):
        sender = Sender(id="lid-1", name="Ann", also=also)
        said = replace(message("hello", f"m{number}"), sender=sender)
        await store.inbox.add(said, judge)
        edit = InboundChange(
            address=HERE,
            external_id=f"e{number}",
            kind=ChangeKind.EDITED,
            target=f"m{number}",
            sender=sender,
            text="hi",
            at=said.sent_at,
        )
        target = await store.inbox.target_of(edit)
        assert isinstance(target, Target)
        assert (target.role, target.own) == (seen[-1], True)
    assert seen == [None, None, Role.ADMIN]


async def test_a_new_role_replaces_the_one_in_the_same_place(store: Store, main: Group) -> None:
    for role in (Role.OWNER, Role.MEMBER):
        await store.people.add(person(role))
    assert [(one.role, one.folder) for one in await store.people.all()] == [(Role.MEMBER, None)]


async def test_a_role_in_a_group_that_is_not_there_is_not_given(store: Store) -> None:
    assert not await store.people.add(person(Role.MEMBER, folder="nobody"))
    assert await store.people.all() == ()


async def test_a_role_is_taken_away_where_it_was_given(store: Store, main: Group) -> None:
    await store.people.add(person(Role.MEMBER, folder="main"))
    assert not await store.people.remove("whatsapp", "4179", None)
    assert await store.people.remove("whatsapp", "4179", "main")
    assert not await store.people.remove("whatsapp", "4179", "main")
    assert await store.people.role_of("whatsapp", "4179", main.id) is None


async def test_a_removed_group_keeps_no_roles_for_whoever_comes_next(store: Store) -> None:
    await store.add_group("family")
    await store.people.add(person(Role.ADMIN, folder="family"))
    await store.groups.remove(GroupFolder("family"))
    assert await store.people.all() == ()
    again = await store.add_group("family")
    assert await store.people.role_of("whatsapp", "4179", again.id) is None


async def test_every_dropped_message_is_counted_by_sender_and_reason_without_its_text(store: Store) -> None:
    refuse = lambda _: Verdict(admission=Admission.DROP, reason="no role")  # noqa: E731
    for number in range(3):
        store.clock.value += 1
        await store.inbox.add(message(f"secret {number}", f"m{number}"), refuse)
    await store.inbox.add(message("elsewhere", where=address("unknown")), verdict(Admission.WAKE))
    found = {(one.chat, one.sender, one.reason): one for one in await store.people.dropped(10)}
    assert {key: one.count for key, one in found.items()} == {
        (HERE.chat, "u1", "no role"): 3,
        ("unknown", "u1", "the chat is not registered"): 1,
    }
    counted = found[HERE.chat, "u1", "no role"]
    assert (counted.first_at, counted.last_at) == (1_000_001, 1_000_003)
    assert "secret" not in str(found)


@pytest.mark.parametrize("limit", [1, 2])
async def test_the_newest_dropped_come_first(store: Store, limit: int) -> None:
    for chat in ("a", "b", "c"):
        store.clock.value += 1
        await store.inbox.add(message("x", where=address(chat)), verdict(Admission.WAKE))
    assert [one.chat for one in await store.people.dropped(limit)] == ["c", "b"][:limit]

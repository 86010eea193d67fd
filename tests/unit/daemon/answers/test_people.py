"""Roles as commands and the page see them."""

import pytest

from nanoclaw.control.people_shapes import AddPersonRequest, RemovePersonRequest
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.daemon.answers.people import PeopleRecords, ensure_owners
from nanoclaw.model.options import InvalidOptionError
from nanoclaw.model.people import Role
from nanoclaw.store.inbox import Admission
from tests.unit.store.conftest import Store, address, message, verdict


@pytest.fixture
def people(store: Store) -> PeopleRecords:
    return PeopleRecords(store.people)


def add(role: Role, *, channel: str = "whatsapp", sender: str = "4179", group: str | None = None) -> AddPersonRequest:
    return AddPersonRequest(channel=channel, sender=sender, role=role, group=group)


async def test_the_owner_is_one_wherever_a_channel_proves_who_writes_and_stays_so(
    store: Store, people: PeopleRecords
) -> None:
    for _ in range(2):
        await ensure_owners(store.people, frozenset({"local"}))
    shown = (await people.all()).people
    assert [(one.channel, one.sender, one.role, one.group) for one in shown] == [("local", "owner", "owner", None)]
    with pytest.raises(ConflictError):
        await people.remove(RemovePersonRequest(channel="local", sender="owner"))
    with pytest.raises(ConflictError):
        await people.add(add(Role.MEMBER, channel="web", sender="owner"))


async def test_a_role_is_given_and_taken_where_it_was_said(people: PeopleRecords) -> None:
    assert (await people.add(add(Role.ADMIN, group="main"))).group == "main"
    assert not (await people.remove(RemovePersonRequest(channel="whatsapp", sender="4179"))).changed
    assert (await people.remove(RemovePersonRequest(channel="whatsapp", sender="4179", group="main"))).changed


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (add(Role.OWNER, group="main"), ConflictError),
        (add(Role.MEMBER, group="nobody"), NoSuchGroupError),
        (add(Role.MEMBER, channel="whats app"), InvalidOptionError),
    ],
)
async def test_a_role_that_makes_no_sense_is_refused_with_a_hint(
    people: PeopleRecords, request_: AddPersonRequest, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await people.add(request_)
    assert getattr(caught.value, "hint", "")
    assert (await people.all()).people == []


async def test_who_was_turned_away_is_listed_with_times(store: Store, people: PeopleRecords) -> None:
    await store.inbox.add(message("x", where=address("club", "whatsapp")), verdict(Admission.WAKE))
    (one,) = (await people.dropped(10)).dropped
    assert (one.channel, one.chat, one.sender, one.count) == ("whatsapp", "club", "u1", 1)
    assert one.last_at.startswith("1970-01-01T00:16:40")

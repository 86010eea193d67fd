"""Roles as commands and the page see them."""

from nanoclaw.control.people_shapes import (
    AddPersonRequest,
    DroppedList,
    DroppedShape,
    PersonList,
    PersonShape,
    RemovePersonRequest,
)
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.control.shapes import Done
from nanoclaw.control.times import iso
from nanoclaw.daemon.answers.changes import check_channel
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.store.people import People

OWNERS = (("local", "owner"), ("web", "owner"))
"""Whoever reaches the control socket or has the page's link is the owner; these roles cannot be taken away."""


class PeopleRecords:
    """Gives, takes and lists roles."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def all(self) -> PersonList:
        """Everyone with a role."""
        return PersonList(people=[_shape(person) for person in await self._people.all()])

    async def add(self, request: AddPersonRequest) -> PersonShape:
        """Give a role."""
        if (request.channel, request.sender) in OWNERS:
            raise ConflictError("This is the owner's own identity", hint="Its role cannot be changed.")
        if request.role is Role.OWNER and request.group is not None:
            raise ConflictError("An owner is one everywhere", hint="Leave --group out, or make them an admin.")
        person = Person(
            channel=check_channel(request.channel),
            sender=request.sender,
            role=request.role,
            folder=GroupFolder(request.group) if request.group is not None else None,
            name=request.name,
        )
        if not await self._people.add(person):
            raise NoSuchGroupError(f"There is no group {request.group!r}", hint="`nanoclaw groups list` shows them.")
        return _shape(person)

    async def remove(self, request: RemovePersonRequest) -> Done:
        """Take a role away."""
        if (request.channel, request.sender) in OWNERS:
            raise ConflictError("This is the owner's own identity", hint="Its role cannot be taken away.")
        return Done(changed=await self._people.remove(request.channel, request.sender, request.group))

    async def dropped(self, limit: int) -> DroppedList:
        """Whose messages were dropped."""
        return DroppedList(
            dropped=[
                DroppedShape(
                    channel=one.channel,
                    chat=one.chat,
                    sender=one.sender,
                    name=one.name,
                    reason=one.reason,
                    count=one.count,
                    first_at=iso(one.first_at),
                    last_at=iso(one.last_at),
                )
                for one in await self._people.dropped(limit)
            ]
        )


async def ensure_owners(people: People, channels: frozenset[str]) -> None:
    """The owner's own identities on the channels that prove them."""
    known = {(person.channel, person.sender) for person in await people.all() if person.folder is None}
    for channel, sender in OWNERS:
        if channel in channels and (channel, sender) not in known:
            await people.add(
                Person(channel=ChannelName(channel), sender=sender, role=Role.OWNER, folder=None, name="Owner")
            )


def _shape(person: Person) -> PersonShape:
    return PersonShape(
        channel=person.channel, sender=person.sender, role=person.role, group=person.folder, name=person.name
    )

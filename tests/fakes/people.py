"""Roles and dropped senders, in memory."""

from nanoclaw.control.people_shapes import (
    AddPersonRequest,
    DroppedList,
    DroppedShape,
    PersonList,
    PersonShape,
    RemovePersonRequest,
)
from nanoclaw.control.shapes import Done

AT = "2026-11-22T10:00:00.000Z"


class FakePeople:
    """Roles, in memory."""

    def __init__(self) -> None:
        self.known: list[PersonShape] = []

    async def all(self) -> PersonList:
        return PersonList(people=self.known)

    async def add(self, request: AddPersonRequest) -> PersonShape:
        person = PersonShape(**request.model_dump(mode="json"))
        self.known.append(person)
        return person

    async def remove(self, request: RemovePersonRequest) -> Done:
        before = len(self.known)
        self.known = [one for one in self.known if (one.channel, one.sender) != (request.channel, request.sender)]
        return Done(changed=len(self.known) < before)

    async def dropped(self, limit: int) -> DroppedList:
        one = DroppedShape(
            channel="whatsapp",
            chat="club",
            sender="49",
            name="Mallory",
            reason="the sender has no role in this group",
            count=3,
            first_at=AT,
            last_at=AT,
        )
        return DroppedList(dropped=[one][:limit])

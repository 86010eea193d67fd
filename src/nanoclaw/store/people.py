"""Who may do what, and who was turned away."""

from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.people import DroppedSender, Person, Role
from nanoclaw.store.database import Database
from nanoclaw.store.groups import KnownChat
from nanoclaw.store.rows import storable
from nanoclaw.store.sql import load_queries, rows

_RANK = {Role.OWNER: 3, Role.ADMIN: 2, Role.MEMBER: 1}


class People:
    """Roles, by channel and immutable sender id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("people")

    async def add(self, person: Person) -> bool:
        """Give a person a role, replacing the one they had there; False if their group is not registered."""

        def work(connection: apsw.Connection) -> bool:
            values = {
                "channel": person.channel,
                "sender": person.sender,
                "name": person.name,
                "role": person.role,
                "folder": person.folder,
                "now": self._clock.now(),
            }
            rows(connection, self._sql["forget"], values)
            return bool(rows(connection, self._sql["add"], values))

        return await self._database.write(work)

    async def remove(self, channel: str, sender: str, folder: str | None) -> bool:
        """Take a person's role away, in one group or everywhere; False if they had none there."""
        values = {"channel": channel, "sender": sender, "folder": folder}
        return await self._database.write(lambda connection: bool(rows(connection, self._sql["remove"], values)))

    async def all(self) -> tuple[Person, ...]:
        """Everyone with a role, those with one everywhere first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["all"]))
        return tuple(map(person_from, found))

    async def role_of(self, channel: str, sender: str, group: GroupId) -> Role | None:
        """The highest role that a person has in a group."""
        return await self._database.read(lambda connection: find_role(connection, channel, (sender,), group))

    async def dropped(self, limit: int) -> tuple[DroppedSender, ...]:
        """Whose messages were dropped, the newest first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["dropped"], {"limit": limit}))
        return tuple(
            DroppedSender(
                channel=ChannelName(channel),
                chat=chat,
                sender=sender,
                name=name,
                reason=reason,
                count=count,
                first_at=Milliseconds(first_at),
                last_at=Milliseconds(last_at),
            )
            for channel, chat, sender, name, reason, count, first_at, last_at in found
        )


def find_role(connection: apsw.Connection, channel: str, ids: Iterable[str], group: int) -> Role | None:
    """The highest role that a person has in a group by any of their ids, inside a transaction of the caller's."""
    query = load_queries("people")["roles"]
    roles = [
        Role(role)
        for sender in ids
        for (role,) in rows(connection, query, {"channel": channel, "sender": storable(sender), "group": group})
    ]
    return max(roles, key=_RANK.__getitem__, default=None)


def person_from(row: Sequence[Any]) -> Person:
    """From the columns of ``people.all``."""
    channel, sender, name, role, folder = row
    return Person(
        channel=ChannelName(channel),
        sender=sender,
        name=name,
        role=Role(role),
        folder=GroupFolder(folder) if folder else None,
    )


def chats_of_owner(
    groups: Iterable[Group], chats: Iterable[KnownChat], people: Iterable[Person]
) -> frozenset[ChatAddress]:
    """The chats that are the owner's: those of the main group, and those with an owner alone.

    Networks name a chat of two by the other's id, so a chat that is called like an owner is with that owner.
    """
    main = {group.folder for group in groups if group.is_main}
    owners = {(one.channel, one.sender) for one in people if one.role is Role.OWNER and one.folder is None}
    return frozenset(
        chat.address for chat in chats if chat.folder in main or (chat.address.channel, chat.address.chat) in owners
    )

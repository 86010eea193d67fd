"""Who may do what, and who was turned away."""

import apsw

from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import GroupFolder, GroupId
from nanoclaw.model.people import DroppedSender, Person, Role
from nanoclaw.store.database import Database
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
        return tuple(
            Person(
                channel=ChannelName(channel),
                sender=sender,
                name=name,
                role=Role(role),
                folder=GroupFolder(folder) if folder else None,
            )
            for channel, sender, name, role, folder in found
        )

    async def role_of(self, channel: str, sender: str, group: GroupId) -> Role | None:
        """The highest role that a person has in a group."""
        return await self._database.read(lambda connection: find_role(connection, channel, sender, group))

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


def find_role(connection: apsw.Connection, channel: str, sender: str, group: int) -> Role | None:
    """The highest role that a person has in a group, inside a transaction of the caller's."""
    values = {"channel": channel, "sender": sender, "group": group}
    roles = [Role(role) for (role,) in rows(connection, load_queries("people")["roles"], values)]
    return max(roles, key=_RANK.__getitem__, default=None)

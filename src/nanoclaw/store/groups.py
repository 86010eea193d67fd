"""Groups, their chats and sessions, and the few facts about the installation itself."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress, ChatId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.options import GroupOptions, options_as_text
from nanoclaw.model.turns import SessionId, SessionPosition
from nanoclaw.store.database import Database
from nanoclaw.store.rows import group_from
from nanoclaw.store.sql import load_queries, rows


class GroupConflictError(NanoclawError):
    """The folder or the chat belongs to another group already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """A group to register, with its first chat."""

    folder: GroupFolder
    name: str
    trigger: str
    requires_trigger: bool
    is_main: bool
    address: ChatAddress
    temporary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """What to change about a registration; None leaves a part as it is."""

    name: str | None = None
    trigger: str | None = None
    requires_trigger: bool | None = None
    options: GroupOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownChat:
    """A chat that has been heard of. ``folder`` is None while it is not registered."""

    address: ChatAddress
    name: str
    last_activity: Milliseconds
    folder: GroupFolder | None
    primary: bool = False
    """The owner has said that tasks and news of its group go here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something the owner should know of."""

    at: Milliseconds
    what: str
    hint: str


class Groups:
    """Who is registered, with which chats and conversations."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("groups")

    async def add(self, new: NewGroup) -> Group:
        """Register a group; one that was removed comes back with its history.

        Raises:
            GroupConflictError: the folder or the chat is taken, or there is a main group already.
        """
        return await self._database.write(lambda connection: self._add(connection, new))

    def _add(self, connection: apsw.Connection, new: NewGroup) -> Group:
        sql, now = self._sql, self._clock.now()
        address = {"channel": new.address.channel, "address": new.address.chat}
        groups = [group_from(row) for row in rows(connection, sql["every"])]
        for group in groups:
            if group.folder.lower() == new.folder.lower():
                raise GroupConflictError(
                    f"The folder {group.folder!r} belongs to the group {group.name!r}",
                    hint="Choose another folder, or remove that group first.",
                )
            if group.is_main and new.is_main:
                raise GroupConflictError(f"{group.folder!r} is the main group already", hint="Leave --main out.")
        for (owner,) in rows(connection, sql["chat_owner"], address):
            raise GroupConflictError(f"This chat belongs to the group {owner!r}", hint="Choose another --chat.")
        register(connection, new, now)
        return group_from(rows(connection, sql["find"], {"folder": new.folder})[0])

    async def bind(self, folder: GroupFolder, address: ChatAddress, name: str) -> None:
        """Let one more chat belong to a registered group. Nothing happens if it belongs to a group already."""

        def work(connection: apsw.Connection) -> None:
            values = {"channel": address.channel, "address": address.chat}
            group = rows(connection, self._sql["find"], {"folder": folder})
            if group and not rows(connection, self._sql["chat_owner"], values):
                now = self._clock.now()
                rows(connection, self._sql["bind_chat"], {**values, "name": name, "group": group[0][0], "now": now})

        await self._database.write(work)

    async def remove(self, folder: GroupFolder) -> bool:
        """Forget a registration, its options and its roles, and stop its turns; False if there is none.

        History and files stay. Who registers the folder again must not inherit what another chat was allowed.
        """

        def work(connection: apsw.Connection) -> bool:
            now = self._clock.now()
            removed = rows(connection, self._sql["remove"], {"folder": folder, "now": now})
            for (group,) in removed:
                rows(connection, self._sql["drop_open_turns"], {"group": group, "now": now})
                rows(connection, self._sql["clear_chat_sessions"], {"group": group})
                rows(connection, self._sql["release_chats"], {"group": group})
                rows(connection, self._sql["clear_session"], {"group": group})
                rows(connection, self._sql["close_questions"], {"group": group})
                rows(connection, self._sql["drop_roles"], {"group": group})
            return bool(removed)

        return await self._database.write(work)

    async def change(self, folder: GroupFolder, change: GroupChange) -> Group | None:
        """Change a registration; None if there is none."""
        values = {
            "folder": folder,
            "name": change.name,
            "trigger": change.trigger,
            "requires_trigger": None if change.requires_trigger is None else int(change.requires_trigger),
            "options": None if change.options is None else json.dumps(options_as_text(change.options)),
        }

        def work(connection: apsw.Connection) -> Group | None:
            rows(connection, self._sql["change"], values)
            found = rows(connection, self._sql["find"], values)
            return group_from(found[0]) if found else None

        return await self._database.write(work)

    async def all(self) -> tuple[Group, ...]:
        """All registered groups, main first; without temporary ones."""
        return await self._database.read(
            lambda connection: tuple(group_from(row) for row in rows(connection, self._sql["all"]))
        )

    async def temporary(self) -> tuple[Group, ...]:
        """The groups that are there for a verification only."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["every"]))
        return tuple(group for group in map(group_from, found) if group.temporary)

    async def find(self, folder: str) -> Group | None:
        """The registered group with this folder."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["find"], {"folder": folder}))
        return group_from(found[0]) if found else None

    async def of_chat(self, address: ChatAddress) -> Group | None:
        """The group that a chat belongs to."""
        values = {"channel": address.channel, "address": address.chat}
        found = await self._database.read(lambda connection: rows(connection, self._sql["by_chat"], values))
        return group_from(found[0]) if found else None

    async def chats(self) -> tuple[KnownChat, ...]:
        """Every chat heard of, the most recently active first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["chats"]))
        return tuple(map(known_chat_from, found))

    async def chat(self, group: GroupId, address: ChatAddress) -> ChatId | None:
        """A chat of a group's."""
        values = {"group": group, "channel": address.channel, "address": address.chat}
        found = await self._database.read(lambda connection: rows(connection, self._sql["chat_of_group"], values))
        return ChatId(found[0][0]) if found else None

    async def add_chat(self, group: Group, address: ChatAddress, name: str) -> None:
        """Let one more chat belong to a group. What was said there before is not put before the agent.

        Raises:
            GroupConflictError: it belongs to another group.
        """

        def work(connection: apsw.Connection) -> None:
            values = {"channel": address.channel, "address": address.chat}
            for (owner,) in rows(connection, self._sql["chat_owner"], values):
                if owner != group.folder:
                    raise GroupConflictError(
                        f"This chat belongs to the group {owner!r}", hint="Take it from that group first."
                    )
                return
            now = self._clock.now()
            rows(connection, self._sql["bind_chat"], {**values, "name": name, "group": group.id, "now": now})

        await self._database.write(work)

    async def remove_chat(self, group: Group, chat: ChatId) -> None:
        """Take a chat from a group: its turns stop, its history stays.

        Raises:
            GroupConflictError: it is the only one; a group is removed as a whole.
        """

        def work(connection: apsw.Connection) -> None:
            if rows(connection, self._sql["chats_of"], {"group": group.id}) == [(chat,)]:
                raise GroupConflictError(
                    f"It is the only chat of the group {group.folder!r}", hint="Add another first, or remove the group."
                )
            values = {"chat": chat, "now": self._clock.now()}
            for query in ("drop_turns_of_chat", "close_questions_of_chat", "clear_chat_session", "release_chat"):
                rows(connection, self._sql[query], values)

        await self._database.write(work)

    async def set_primary(self, group: GroupId, chat: ChatId) -> None:
        """Let a group's tasks and news go to this chat of its."""

        def work(connection: apsw.Connection) -> None:
            rows(connection, self._sql["no_primary"], {"group": group})
            rows(connection, self._sql["set_primary"], {"chat": chat})

        await self._database.write(work)

    async def owner_chat(self) -> ChatAddress | None:
        """The main group's primary chat; while there is none, the one that the owner used last."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["owner_chat"]))
        return ChatAddress(channel=ChannelName(found[0][0]), chat=found[0][1]) if found else None

    async def chat_of(self, folder: GroupFolder) -> ChatAddress | None:
        """A group's primary chat; while there is none, the one that was used last."""
        found = [chat for chat in await self.chats() if chat.folder == folder]
        return min(found, key=lambda chat: not chat.primary).address if found else None

    async def session(self, group: GroupId, chat: ChatId | None = None) -> SessionPosition | None:
        """Where a group's conversation stands; with ``chat``, that chat's own."""
        query = self._sql["session" if chat is None else "chat_session"]
        values = {"group": group, "chat": chat}
        found = await self._database.read(lambda connection: rows(connection, query, values))
        return SessionPosition(session=SessionId(found[0][0]), entry=found[0][1]) if found else None

    async def sessions(self) -> dict[GroupId, SessionPosition]:
        """Where the conversation of each group stands that has one."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["sessions"]))
        return {GroupId(group): SessionPosition(session=SessionId(id_), entry=entry) for group, id_, entry in found}

    async def set_session(self, group: GroupId, position: SessionPosition, chat: ChatId | None = None) -> None:
        """Move the group's conversation, or the chat's own, to where it stands now."""
        values = {"group": group, "session": position.session, "entry": position.entry, "now": self._clock.now()}
        await self._do("set_session" if chat is None else "set_chat_session", {**values, "chat": chat})

    async def clear_session(self, group: GroupId, chat: ChatId | None = None) -> None:
        """Let the next turn begin a new conversation."""
        await self._do("clear_session" if chat is None else "clear_chat_session", {"group": group, "chat": chat})

    async def forget_conversation(self, group: GroupId, chat: ChatId | None = None) -> None:
        """Let the next turn begin a new conversation, and turns that run now not bring the old one back.

        With ``chat``, that chat's own.
        """

        def work(connection: apsw.Connection) -> None:
            values = {"group": group, "chat": chat, "now": self._clock.now()}
            rows(connection, self._sql["forget" if chat is None else "forget_chat"], values)
            rows(connection, self._sql["clear_session" if chat is None else "clear_chat_session"], values)

        await self._database.write(work)

    async def installation(self) -> str:
        """This installation's own id, made at the first call: it marks our containers among others'."""

        def work(connection: apsw.Connection) -> str:
            for (known,) in rows(connection, self._sql["installation"]):
                return str(known)
            new = uuid.uuid4().hex[:12]
            rows(connection, self._sql["set_installation"], {"id": new})
            return new

        return await self._database.write(work)

    async def note_trouble(self, what: str, hint: str = "") -> None:
        """Keep an error for ``status``; the newest hundred are kept."""

        def work(connection: apsw.Connection) -> None:
            rows(connection, self._sql["add_trouble"], {"now": self._clock.now(), "what": what, "hint": hint})
            rows(connection, self._sql["trim_troubles"])

        await self._database.write(work)

    async def troubles(self, limit: int) -> tuple[Trouble, ...]:
        """The newest errors, newest first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["troubles"], {"limit": limit}))
        return tuple(Trouble(at=Milliseconds(at), what=what, hint=hint) for at, what, hint in found)

    async def _do(self, name: str, values: dict[str, object]) -> None:
        work: Callable[[apsw.Connection], object] = lambda connection: rows(connection, self._sql[name], values)  # noqa: E731
        await self._database.write(work)


def register(connection: apsw.Connection, new: NewGroup, now: Milliseconds) -> None:
    """Add a group and bind its chat, in a transaction that is under way. Both must be free."""
    sql = load_queries("groups")
    values = {
        "folder": new.folder,
        "name": new.name,
        "trigger": new.trigger,
        "requires_trigger": int(new.requires_trigger),
        "is_main": int(new.is_main),
        "temporary": int(new.temporary),
        "now": now,
    }
    (identity,) = rows(connection, sql["add"], values)[0]
    address = {"channel": new.address.channel, "address": new.address.chat}
    rows(connection, sql["bind_chat"], {**address, "name": new.name, "group": identity, "now": now})


def known_chat_from(row: Sequence[Any]) -> KnownChat:
    """From the columns of ``groups.chats``."""
    channel, chat, name, at, folder, primary = row
    return KnownChat(
        address=ChatAddress(channel=ChannelName(channel), chat=chat),
        name=name,
        last_activity=Milliseconds(at),
        folder=GroupFolder(folder) if folder else None,
        primary=bool(primary),
    )

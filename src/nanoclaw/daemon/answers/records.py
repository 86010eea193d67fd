"""What can be asked and changed in a home with nothing but its files: groups, history, the offline status."""

import asyncio
from collections.abc import Iterable

from nanoclaw import __version__
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.control.shapes import (
    AddGroupRequest,
    ChangeChatsRequest,
    ChangeGroupRequest,
    ChatShape,
    ChatVerb,
    Done,
    ErrorShape,
    GroupList,
    GroupShape,
    MessageLine,
    MessageList,
    MessageQuery,
    Status,
)
from nanoclaw.control.times import iso, parse_time
from nanoclaw.daemon.answers.changes import check_channel, check_name, read_changes
from nanoclaw.daemon.room import shortage
from nanoclaw.delivery.adapt import plain_words
from nanoclaw.intake.trigger import check_trigger
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder, parse_folder
from nanoclaw.model.options import options_as_text
from nanoclaw.model.turns import SessionPosition
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings
from nanoclaw.store.groups import GroupConflictError, Groups, KnownChat, NewGroup
from nanoclaw.store.history import History, HistoryFilter, HistoryLine

_SHOWN_TROUBLES = 5


class Records:
    """Groups and history of one home."""

    def __init__(self, home: Home, settings: Settings, groups: Groups, history: History) -> None:
        self._home = home
        self._settings = settings
        self._groups = groups
        self._history = history

    async def status(self, *, model_key: str) -> Status:
        """What the files tell."""
        short = await asyncio.to_thread(shortage, self._home)
        troubles = await self._groups.troubles(_SHOWN_TROUBLES)
        return Status(
            running=False,
            version=__version__,
            home=str(self._home.root),
            model_key=model_key,
            groups=[group.folder for group in await self._groups.all()],
            last_errors=[
                *([short] if short else []),
                *(ErrorShape(at=iso(trouble.at), what=trouble.what, hint=trouble.hint) for trouble in troubles),
            ],
        )

    async def groups(self) -> GroupList:
        """All groups, and the chats nobody registered."""
        chats: dict[GroupFolder | None, list[KnownChat]] = {}
        for chat in await self._groups.chats():
            chats.setdefault(chat.folder, []).append(chat)
        sessions = await self._groups.sessions()
        every = (*await self._groups.all(), *await self._groups.temporary())
        return GroupList(
            groups=[_shape(group, chats.get(group.folder, ()), sessions.get(group.id)) for group in every],
            unregistered=[_chat(chat) for chat in chats.get(None, ())],
        )

    async def group(self, folder: str) -> GroupShape:
        """One group. Raises NoSuchGroupError."""
        group = await self.find(folder)
        chats = [chat for chat in await self._groups.chats() if chat.folder == group.folder]
        return _shape(group, chats, await self._groups.session(group.id))

    async def find(self, folder: str) -> Group:
        """One group. Raises NoSuchGroupError."""
        group = await self._groups.find(folder)
        if group is None:
            raise NoSuchGroupError(f"There is no group {folder[:64]!r}", hint="`nanoclaw groups list` shows them.")
        return group

    async def add_group(self, request: AddGroupRequest) -> GroupShape:
        """Register a group and make its folder."""
        folder = parse_folder(request.folder)
        trigger = check_trigger(
            self._settings.assistant.default_trigger if request.trigger is None else request.trigger
        )
        new = NewGroup(
            folder=folder,
            name=check_name(request.name),
            trigger=trigger,
            requires_trigger=request.requires_trigger,
            is_main=request.is_main,
            address=ChatAddress(channel=check_channel(request.channel), chat=request.chat or folder),
        )
        try:
            await self._groups.add(new)
        except GroupConflictError as error:
            raise ConflictError(str(error), hint=error.hint) from error
        self._home.group(folder).mkdir(mode=0o700, exist_ok=True)
        return await self.group(folder)

    async def remove_group(self, folder: str) -> Done:
        """Forget a group's registration."""
        group = await self.find(folder)
        if group.is_main:
            raise ConflictError("The main group cannot be removed", hint="It is the owner's own chat.")
        if group.temporary:
            raise ConflictError("A temporary group cannot be removed", hint="It goes when `nanoclaw verify` ends.")
        return Done(changed=await self._groups.remove(group.folder))

    async def change_group(self, folder: str, request: ChangeGroupRequest) -> tuple[Group, GroupShape]:
        """Change a group's name, trigger or options. Raises NoSuchGroupError, InvalidOptionError."""
        group = await self.find(folder)
        changed = await self._groups.change(group.folder, read_changes(group, request.changes))
        if changed is None:
            raise NoSuchGroupError(f"There is no group {folder[:64]!r}", hint="It was removed meanwhile.")
        return changed, await self.group(folder)

    async def change_chats(self, folder: str, request: ChangeChatsRequest) -> GroupShape:
        """Add, take away or prefer a chat of a group. Raises NoSuchGroupError, ConflictError."""
        group = await self.find(folder)
        address = ChatAddress(channel=check_channel(request.channel), chat=request.chat)
        chat = await self._groups.chat(group.id, address)
        try:
            match request.verb:
                case ChatVerb.ADD:
                    await self._groups.add_chat(group, address, group.name)
                case _ if chat is None:
                    raise ConflictError(
                        f"{address.channel}:{address.chat} is no chat of the group {group.folder!r}",
                        hint=f"`nanoclaw groups chats {group.folder}` shows them.",
                    )
                case ChatVerb.REMOVE:
                    await self._groups.remove_chat(group, chat)
                case ChatVerb.PRIMARY:
                    await self._groups.set_primary(group.id, chat)
        except GroupConflictError as error:
            raise ConflictError(str(error), hint=error.hint) from error
        return await self.group(group.folder)

    async def messages(self, query: MessageQuery) -> MessageList:
        """History, oldest first."""
        if query.search is not None:
            return _lines(reversed(await self._search(query, query.search)))
        if query.group is not None:
            await self.find(query.group)
        since = parse_time(query.since) if query.since else Milliseconds(0)
        return _lines(await self._history.newest(HistoryFilter(limit=query.limit, folder=query.group, since=since)))

    async def _search(self, query: MessageQuery, words: str) -> tuple[HistoryLine, ...]:
        since = parse_time(query.since) if query.since else Milliseconds(0)
        if query.group is None:
            found = await self._history.search_everywhere(words, limit=query.limit)
        else:
            found = await self._history.search(await self.find(query.group), words, limit=query.limit)
        return tuple(line for line in found if line.at >= since)


def _shape(group: Group, chats: Iterable[KnownChat], position: SessionPosition | None) -> GroupShape:
    return GroupShape(
        folder=group.folder,
        name=group.name,
        trigger=group.trigger,
        requires_trigger=group.requires_trigger,
        is_main=group.is_main,
        temporary=group.temporary,
        chats=[_chat(chat) for chat in chats],
        session_id=position.session if position else None,
        options=options_as_text(group.options),
    )


def _chat(chat: KnownChat) -> ChatShape:
    return ChatShape(
        channel=chat.address.channel,
        chat=chat.address.chat,
        name=chat.name,
        last_activity=iso(chat.last_activity),
        primary=chat.primary,
    )


def _lines(lines: Iterable[HistoryLine]) -> MessageList:
    return MessageList(
        messages=[
            MessageLine(
                id=line.id,
                time=iso(line.at),
                direction=line.direction,
                channel=line.address.channel,
                chat=line.address.chat,
                group=line.folder,
                sender=line.sender,
                text=_words(line),
                state=line.state,
            )
            for line in lines
        ]
    )


def _words(line: HistoryLine) -> str:
    """What it says and what came with it, for one who reads nothing but text."""
    said = plain_words(line.text, line.kind, line.file)
    if line.state == "deleted":
        return said
    files = (f"[File {one.name}: {one.path or 'not kept'}]" for one in line.attachments)
    return "\n".join(filter(None, [said, *files]))

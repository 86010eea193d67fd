"""What channels may ask about their own chats, and how the rest of the program shows them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from nanoclaw.channels.contract import ChatCard, ChatLine
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import Event
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.groups import Group
from nanoclaw.store.groups import Groups
from nanoclaw.store.history import History, HistoryFilter, HistoryLine


class LiveConversations:
    """Answers channels from the store, and passes on what happens."""

    def __init__(self, groups: Groups, history: History, broadcast: Broadcast, lanes: Lanes) -> None:
        self._groups = groups
        self._history = history
        self._broadcast = broadcast
        self._lanes = lanes

    async def chats(self, channel: ChannelName) -> tuple[ChatCard, ...]:
        """The registered chats of a channel, main first."""
        every = (*await self._groups.all(), *await self._groups.temporary())
        names = {group.folder: group for group in every}
        known = [chat for chat in await self._groups.chats() if chat.address.channel == channel and chat.folder]
        cards = [
            (names[chat.folder], _card(chat.address.chat, names[chat.folder])) for chat in known if chat.folder in names
        ]
        return tuple(card for group, card in sorted(cards, key=lambda pair: (not pair[0].is_main, pair[0].name)))

    async def history(self, address: ChatAddress, *, limit: int) -> tuple[ChatLine, ...]:
        """The newest lines of a chat, oldest first."""
        lines = await self._history.newest(HistoryFilter(limit=limit, address=address))
        return tuple(map(_shown, lines))

    async def line(self, address: ChatAddress, line: str) -> ChatLine | None:
        """One line of a chat by its id; None when this chat has no such line."""
        found = await self._history.line(address, line)
        return None if found is None else _shown(found)

    @contextmanager
    def watch(self, address: ChatAddress) -> Iterator[AsyncIterator[Event]]:
        """Events of one chat."""
        with self._broadcast.subscribe() as subscription:

            async def events() -> AsyncIterator[Event]:
                async for event in subscription:
                    if event.address == address:
                        yield event

            yield events()

    async def expect(self, address: ChatAddress) -> None:
        """Someone is typing: an agent may be started ahead."""
        group = await self._groups.of_chat(address)
        if group is not None:
            self._lanes.expect(group, await self._groups.chat(group.id, address))

    async def interrupt(self, address: ChatAddress) -> bool:
        """Stop what the agent does for this chat; False when it does nothing."""
        group = await self._groups.of_chat(address)
        return group is not None and await self._lanes.interrupt(group.id)


def _card(chat: str, group: Group) -> ChatCard:
    return ChatCard(chat=chat, name=group.name, folder=group.folder, hidden=group.temporary)


def _shown(line: HistoryLine) -> ChatLine:
    return ChatLine(
        id=line.id,
        at=line.at,
        direction=line.direction,
        sender=line.sender,
        text=line.text,
        state=line.state,
        name=line.name,
        kind=line.kind,
        target=line.target,
        file=line.file,
        attachments=line.attachments,
        choices=line.choices,
    )

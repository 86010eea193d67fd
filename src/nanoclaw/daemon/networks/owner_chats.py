"""Where the owner is told something: the chats that they named, or those of the main group; the first that works."""

from collections.abc import Callable, Sequence

from nanoclaw.channels.local.channel import LOCAL
from nanoclaw.model.chats import ChannelName, ChatAddress, parse_chat
from nanoclaw.store.groups import Groups
from nanoclaw.store.people import People, chats_of_owner

_ONLY_WHEN_LOOKED_AT = frozenset({LOCAL, ChannelName("web")})
"""Nobody is called by a terminal or a page."""


class OwnerChats:
    """``named``: the configured chats in the order of preference; may be replaced while the daemon runs."""

    def __init__(
        self, groups: Groups, people: People, named: Sequence[str], is_up: Callable[[ChannelName], bool]
    ) -> None:
        self._groups = groups
        self._people = people
        self._is_up = is_up
        self.named = tuple(named)

    async def pick(self, avoid: ChannelName | None = None) -> tuple[ChatAddress, ...]:
        """Where something is to be told now: one chat, as a rule.

        Where only a terminal or a page is left, which nobody may look at, the chat that was meant gets it too, once its
        channel is back. ``avoid``: the channel that the news is about.
        """
        chats = [chat for chat in await self.all() if chat.channel != avoid]
        working = [chat for chat in chats if self.works(chat)]
        if not working:
            return tuple(chats[:1])
        chosen, meant = working[0], chats[0]
        if chosen.channel in _ONLY_WHEN_LOOKED_AT and meant.channel not in _ONLY_WHEN_LOOKED_AT:
            return (chosen, meant)
        return (chosen,)

    async def where_answers_come_from(self) -> ChatAddress | None:
        """Where the owner is to be asked something: a chat of the main group, because an answer must come in there."""
        main = {group.folder for group in await self._groups.all() if group.is_main}
        listening = {chat.address for chat in await self._groups.chats() if chat.folder in main}
        chats = [chat for chat in await self.all() if chat in listening]
        return next((chat for chat in chats if self.works(chat)), chats[0] if chats else None)

    def works(self, chat: ChatAddress) -> bool:
        """Whether a chat's channel carries messages right now."""
        return self._is_up(chat.channel)

    async def all(self) -> list[ChatAddress]:
        """Every chat that may be told, in the order of preference.

        Those named, then the main group's: its primary chat, then those used last.
        """
        mine = await self.of_owner()
        named = [chat for chat in map(parse_chat, self.named) if chat in mine]
        main = {group.folder for group in await self._groups.all() if group.is_main}
        others = sorted(
            (chat for chat in await self._groups.chats() if chat.folder in main), key=lambda one: not one.primary
        )
        return list(dict.fromkeys([*named, *(chat.address for chat in others)]))

    async def of_owner(self) -> frozenset[ChatAddress]:
        """The chats that are the owner's."""
        return chats_of_owner(await self._groups.all(), await self._groups.chats(), await self._people.all())

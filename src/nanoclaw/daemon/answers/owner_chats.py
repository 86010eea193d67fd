"""Where the owner's news go, as commands see it and write it down; with a daemon and without."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from nanoclaw.control.channel_shapes import (
    AppliedShape,
    ChannelTestRequest,
    ChannelTestShape,
    NameChatsRequest,
    OwnerChatList,
    OwnerChatShape,
)
from nanoclaw.control.errors import InvalidRequestError
from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.model.chats import ChannelName, ChatAddress, parse_chat
from nanoclaw.settings.edit import Change, edit_settings
from nanoclaw.settings.home import Home
from nanoclaw.store.groups import Groups


class NewsRecords:
    """``is_up`` is None where no daemon runs."""

    def __init__(
        self, home: Home, chats: OwnerChats, groups: Groups, is_up: Callable[[ChannelName], bool] | None
    ) -> None:
        self._home = home
        self._chats = chats
        self._groups = groups
        self._is_up = is_up

    async def owner_chats(self) -> OwnerChatList:
        """Where news go."""
        mine, ordered = await self._chats.of_owner(), await self._chats.all()
        names = {chat.address: chat.name for chat in await self._groups.chats()}
        possible = sorted(mine - set(ordered), key=lambda chat: (chat.channel, chat.chat))
        return OwnerChatList(
            chats=[self._shape(chat, names) for chat in ordered],
            next=[written(chat) for chat in await self._chats.pick()] if self._is_up else [],
            ignored=[address for address in self._chats.named if parse_chat(address) not in mine],
            possible=[self._shape(chat, names) for chat in possible],
        )

    async def name_owner_chats(self, request: NameChatsRequest) -> OwnerChatList:
        """Write it down, and go by it from now on."""
        mine = await self._chats.of_owner()
        for address in request.chats:
            if parse_chat(address) not in mine:
                raise InvalidRequestError(
                    f"{address[:80]!r} is no chat of yours: news are for the owner alone",
                    hint=f"Yours are: {', '.join(sorted(map(written, mine))) or 'none yet'}. Others become yours when"
                    " they belong to the main group, or when the person there is an owner (`nanoclaw people`).",
                )
        named = tuple(dict.fromkeys(request.chats))
        change = Change(keys=("alerts", "chats"), value=list(named) or None)
        await asyncio.to_thread(edit_settings, self._home, change)
        self._chats.named = named
        return await self.owner_chats()

    def _shape(self, chat: ChatAddress, names: dict[ChatAddress, str]) -> OwnerChatShape:
        return OwnerChatShape(
            channel=chat.channel,
            chat=chat.chat,
            name=names.get(chat, ""),
            named=written(chat) in self._chats.named,
            up=self._is_up(chat.channel) if self._is_up else None,
        )


def written(chat: ChatAddress) -> str:
    """As it stands in the configuration."""
    return f"{chat.channel}:{chat.chat}"


class OfflineChannels:
    """The desk without a daemon: where news go can be said, channels cannot be tried."""

    def __init__(self, news: NewsRecords, refuse: Callable[[], NoReturn]) -> None:
        self._news = news
        self._refuse = refuse

    async def apply(self, channel: str) -> AppliedShape:  # noqa: ARG002 - the desk has it
        """Needs the daemon."""
        self._refuse()

    async def test(self, channel: str, request: ChannelTestRequest) -> ChannelTestShape:  # noqa: ARG002 - as above
        """Needs the daemon."""
        self._refuse()

    async def owner_chats(self) -> OwnerChatList:
        """Where news go."""
        return await self._news.owner_chats()

    async def name_owner_chats(self, request: NameChatsRequest) -> OwnerChatList:
        """Say where they shall go."""
        return await self._news.name_owner_chats(request)

"""What can be asked for to look after channels."""

from typing import Protocol

from nanoclaw.control.channel_shapes import (
    AppliedShape,
    ChannelTestRequest,
    ChannelTestShape,
    NameChatsRequest,
    OwnerChatList,
)


class ChannelDesk(Protocol):
    """Channels, as commands see them."""

    async def apply(self, channel: str) -> AppliedShape:
        """Let a channel run as the configuration on disk says now: start it, start it anew, or stop it.

        Raises:
            ConflictError: it cannot be made, does not end, or cannot be switched.
            SettingsError: the configuration is wrong.
        """
        ...

    async def test(self, channel: str, request: ChannelTestRequest) -> ChannelTestShape:
        """Go there and back, and send the owner a message. Raises NoSuchGroupError, InvalidRequestError."""
        ...

    async def owner_chats(self) -> OwnerChatList:
        """Where news go."""
        ...

    async def name_owner_chats(self, request: NameChatsRequest) -> OwnerChatList:
        """Write down where news shall go. Raises InvalidRequestError for a chat that is not the owner's."""
        ...

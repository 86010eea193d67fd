"""The desk of channels with one channel, ``pigeon``, and one chat of the owner's on it."""

from nanoclaw.control.channel_shapes import (
    AppliedShape,
    ChannelTestRequest,
    ChannelTestShape,
    NameChatsRequest,
    OwnerChatList,
    OwnerChatShape,
)
from nanoclaw.control.errors import InvalidRequestError
from nanoclaw.control.service import NoSuchGroupError
from nanoclaw.control.shapes import ChannelShape

PIGEON = ChannelShape(name="pigeon", status="up", since="2026-11-22T10:00:00.000Z")
CHAT = OwnerChatShape(channel="pigeon", chat="me", name="Me", up=True)


class FakeChannels:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.tested: list[ChannelTestRequest] = []
        self.named: list[str] = []
        self.result = ChannelTestShape(
            channel=PIGEON,
            ok=True,
            probe="passed",
            probe_detail="there and back",
            probe_ms=12.5,
            message="delivered",
            message_detail="the network has it",
            message_ms=31.0,
            chat="me",
        )

    async def apply(self, channel: str) -> AppliedShape:
        self.applied.append(channel)
        return AppliedShape(action="started", channel=PIGEON.model_copy(update={"name": channel}))

    async def test(self, channel: str, request: ChannelTestRequest) -> ChannelTestShape:
        if channel != "pigeon":
            raise NoSuchGroupError(f"There is no channel {channel[:64]!r} in the running assistant")
        self.tested.append(request)
        return self.result

    async def owner_chats(self) -> OwnerChatList:
        chats = [CHAT.model_copy(update={"named": bool(self.named)})]
        return OwnerChatList(chats=chats, next=["pigeon:me"], ignored=[], possible=[])

    async def name_owner_chats(self, request: NameChatsRequest) -> OwnerChatList:
        if any(chat != "pigeon:me" for chat in request.chats):
            raise InvalidRequestError("That is no chat of yours")
        self.named = list(request.chats)
        return await self.owner_chats()

"""Looking after channels: the operations, and what each answers."""

from nanoclaw.control.channel_shapes import (
    AppliedShape,
    ChannelTestRequest,
    ChannelTestShape,
    NameChatsRequest,
    OwnerChatList,
)
from nanoclaw.control.route import Route
from nanoclaw.control.service import Service


async def _apply(service: Service, channel: str, _request: None) -> AppliedShape:
    return await service.channels.apply(channel)


async def _test(service: Service, channel: str, request: ChannelTestRequest) -> ChannelTestShape:
    return await service.channels.test(channel, request)


async def _owner_chats(service: Service, _place: str, _request: None) -> OwnerChatList:
    return await service.channels.owner_chats()


async def _name_owner_chats(service: Service, _place: str, request: NameChatsRequest) -> OwnerChatList:
    return await service.channels.name_owner_chats(request)


CHANNEL_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/channels/{channel}/apply",
        name="apply_channel",
        summary="Let a channel run as the configuration on disk says now: start it, start it anew, or stop it.",
        answer=_apply,
        response=AppliedShape,
        problems=(404, 409),
    ),
    Route(
        method="POST",
        path="/v1/channels/{channel}/test",
        name="test_channel",
        summary="Have a channel prove itself, and send the owner a test message by it.",
        answer=_test,
        body=ChannelTestRequest,
        response=ChannelTestShape,
        problems=(400, 404, 413, 422, 503),
    ),
    Route(
        method="GET",
        path="/v1/owner-chats",
        name="owner_chats",
        summary="Where news for the owner go.",
        answer=_owner_chats,
        response=OwnerChatList,
    ),
    Route(
        method="PUT",
        path="/v1/owner-chats",
        name="name_owner_chats",
        summary="Say where news for the owner shall go, in the order of preference.",
        answer=_name_owner_chats,
        body=NameChatsRequest,
        response=OwnerChatList,
        problems=(400, 409, 413, 422, 503),
    ),
)

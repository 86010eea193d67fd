"""The JSON of looking after channels: switching them, trying them out, and where the owner's news go."""

from typing import Annotated

from pydantic import Field

from nanoclaw.control.shapes import ChannelShape, Shape


class AppliedShape(Shape):
    """What a channel does now. ``action`` is started, restarted, stopped or none; ``channel`` is null if it is off."""

    action: str
    channel: ChannelShape | None = None


class ChannelTestRequest(Shape):
    """Which chat of the owner's on the channel gets the test message; empty: the one that news would go to."""

    chat: Annotated[str, Field(max_length=200)] = ""
    wait_seconds: Annotated[float, Field(ge=1, le=120)] = 30


class ChannelTestShape(Shape):
    """What a test found. ``ok``: everything that could be tried worked, and a message was delivered or a probe passed.

    ``probe`` is passed, failed or skipped. ``message`` is delivered, refused, undelivered (it was withdrawn, and does
    not come later) or skipped; ``chat`` is where it went.
    """

    channel: ChannelShape
    ok: bool
    probe: str
    probe_detail: str = ""
    probe_hint: str = ""
    probe_ms: float | None = None
    message: str
    message_detail: str = ""
    message_hint: str = ""
    message_ms: float | None = None
    chat: str = ""


class OwnerChatShape(Shape):
    """A chat that news may go to. ``named``: by the configuration. ``up``: null while no daemon runs."""

    channel: str
    chat: str
    name: str = ""
    named: bool = False
    up: bool | None = None


class OwnerChatList(Shape):
    """Where news go, in the order of preference. ``next``: where something would go now, as ``channel:chat``.

    ``ignored`` are addresses in the configuration that are no chat of the owner's; ``possible`` those that could be
    named, too.
    """

    chats: list[OwnerChatShape]
    next: list[str]
    ignored: list[str]
    possible: list[OwnerChatShape]


class NameChatsRequest(Shape):
    """Addresses as ``channel:chat``, in the order of preference; none: the main group's chats, as they come."""

    chats: Annotated[list[Annotated[str, Field(min_length=3, max_length=250)]], Field(max_length=10)]

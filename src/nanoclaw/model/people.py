"""People: who may do what, by the immutable identity that their network gives them."""

from dataclasses import dataclass
from enum import StrEnum

from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder


class Role(StrEnum):
    """What a person may do."""

    OWNER = "owner"
    """Everything, everywhere."""
    ADMIN = "admin"
    """Talk, answer questions, and use the commands (/new, /stop and so on) of the group."""
    MEMBER = "member"
    """Talk, and answer questions of the group's agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with a role: in one group, or everywhere when ``folder`` is None. ``name`` is only for show."""

    channel: ChannelName
    sender: str
    role: Role
    folder: GroupFolder | None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedSender:
    """Messages that were dropped: from whom, where, why and how many. Their texts are not kept."""

    channel: ChannelName
    chat: str
    sender: str
    name: str
    reason: str
    count: int
    first_at: Milliseconds
    last_at: Milliseconds

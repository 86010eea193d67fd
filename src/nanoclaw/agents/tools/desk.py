"""What the tools work with: the store and whatever else the root puts there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from nanoclaw.agents.tools.contract import Audit, TaskBook
from nanoclaw.model.chats import ChatAddress, MessageId
from nanoclaw.model.clock import Clock
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.questions import NewQuestion, Question
from nanoclaw.model.turns import NewOutgoing, OutgoingFile, ReplyId, TurnId
from nanoclaw.store.groups import KnownChat
from nanoclaw.store.history import HistoryLine


class Incoming(Protocol):
    """The inbox: where a message stands."""

    async def newest(self, address: ChatAddress) -> MessageId | None:
        """The newest message of a person in a chat."""
        ...

    async def address_of(self, group: GroupFolder, message: int) -> ChatAddress | None:
        """The chat of a message, if it is one of this group's."""
        ...


class Outgoing(Protocol):
    """The outbox."""

    async def queue(self, new: NewOutgoing) -> ReplyId | None:
        """Queue a message; the one that has its client id already, if there is one. None: no such chat."""
        ...

    async def newest(self, address: ChatAddress) -> ReplyId | None:
        """The assistant's newest text in a chat."""
        ...

    async def place_of(self, group: GroupFolder, reply: int) -> ChatAddress | None:
        """The chat of one of the assistant's own texts, if it is a chat of this group's."""
        ...


class Search(Protocol):
    """The history of a group."""

    async def search(self, group: Group, query: str, *, limit: int) -> tuple[HistoryLine, ...]:
        """The newest lines of the group that hold every word of ``query``, newest first."""
        ...


class GroupBook(Protocol):
    """Who is registered."""

    async def all(self) -> tuple[Group, ...]:
        """All registered groups, main first."""
        ...

    async def chats(self) -> tuple[KnownChat, ...]:
        """Every chat heard of, the most recently active first."""
        ...

    async def chat_of(self, folder: GroupFolder) -> ChatAddress | None:
        """A group's most recently active chat."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A group to register with its first chat. An empty ``trigger`` means the assistant's own."""

    folder: GroupFolder
    name: str
    trigger: str
    address: ChatAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The tools' collaborators, made once by the root and shared by all agents."""

    clock: Clock
    zone: ZoneInfo
    question_hours: float
    incoming: Incoming
    outgoing: Outgoing
    deliver: Callable[[ChatAddress], None]
    """Wakes the courier: something was queued for this chat."""
    split: Callable[[ChatAddress, str], tuple[str, ...]]
    """A text as the messages that its channel can carry; none for an empty text."""
    copy_out: Callable[[Group, str], Awaitable[OutgoingFile]]
    """A private copy of a file below the group's folder. Raises NanoclawError: it is outside, too large, no file."""
    ask: Callable[[NewQuestion, TurnId | None], Awaitable[Question]]
    """Keeps a question and sends it. The same key twice is one question, sent once."""
    history: Search
    tasks: TaskBook
    groups: GroupBook
    register: Callable[[Registration], Awaitable[Group]]
    """Raises NanoclawError: the folder or the chat is taken, the channel unknown, the trigger impossible."""
    unregister: Callable[[GroupFolder], Awaitable[bool]]
    """False: there is no such group. History and files stay."""
    audit: Audit

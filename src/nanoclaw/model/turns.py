"""Turns and replies: the units of work between a message and its answer, and their states."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from nanoclaw.model.chats import ChatAddress, ChatId, MessageId, StoredMessage
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.questions import QuestionId
from nanoclaw.model.tasks import RunId

TurnId = NewType("TurnId", int)
"""The row of a turn in the store."""
ReplyId = NewType("ReplyId", int)
"""The row of an outgoing message in the outbox."""
SessionId = NewType("SessionId", str)
"""The ``claude`` program's name for a conversation."""


class TurnState(StrEnum):
    """A turn's life. Only ``queued`` and ``running`` are unfinished; a restart puts ``running`` back to ``queued``."""

    QUEUED = "queued"
    RUNNING = "running"
    ANSWERED = "answered"
    MERGED = "merged"
    """Its messages were taken over by an earlier turn of the same chat that starts again."""
    FAILED = "failed"
    """Every retry failed, and the chat and the owner were told."""
    STOPPED = "stopped"
    """A person interrupted it."""


class Lane(StrEnum):
    """Which of a group's conversations a turn belongs to."""

    GROUP = "group"
    ISOLATED = "isolated"
    """One of its own, forgotten afterwards: for tasks that must neither see nor hold up the chats."""


class ReplyKind(StrEnum):
    """What an outgoing message is."""

    TEXT = "text"
    FILE = "file"
    """``text`` is its caption and may be empty."""
    REACTION = "reaction"
    """``text`` is the emoji, put on the message ``target``; empty takes the reaction away."""
    EDIT = "edit"
    """``text`` replaces that of the assistant's own earlier message ``target``."""


class ReplyState(StrEnum):
    """An outgoing message's life. ``sending`` at a restart means: send again under the same id."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A claimed piece of work: the messages of one chat that the agent has yet to answer, oldest first."""

    id: TurnId
    group: Group
    chat: ChatId
    address: ChatAddress
    attempt: int
    """Failures before this try: 0 at first."""
    messages: tuple[StoredMessage, ...]
    through: MessageId
    """Where the chat's cursor moves when the turn finishes; 0 for the run of a task, which moves none."""
    lane: Lane = Lane.GROUP
    place: str = ""
    """Which chat this is, in words, where the group has several; empty where it has one."""
    run: RunId | None = None
    """The occurrence of a task that this turn runs: its one message is the whole prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPosition:
    """Where a group's conversation stands: resuming at ``entry`` forgets whatever came after it."""

    session: SessionId
    entry: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a turn used: tokens as the model's service counts them, and ``claude``'s estimate of the cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0
    model: str = ""
    """That wrote the answer, as the service names it."""


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """A file to send: a private copy at ``path`` (absolute), made when it was queued."""

    name: str
    media_type: str
    path: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutgoing:
    """A message to put into the outbox. The same ``client_id`` twice is one message.

    ``target_message`` or ``target_reply`` is what a reaction or an edit is about; ``question`` the question it asks.
    """

    address: ChatAddress
    client_id: str
    text: str
    turn: TurnId | None = None
    kind: ReplyKind = ReplyKind.TEXT
    file: OutgoingFile | None = None
    target_message: MessageId | None = None
    target_reply: ReplyId | None = None
    question: QuestionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedMessage:
    """The message that a reply answers: ``external_id`` and ``sender`` (an id) as the network names them.

    ``text`` is its beginning, 300 characters at most.
    """

    external_id: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message in the outbox. ``client_id`` is the same at every attempt: a network can tell a resend by it."""

    id: ReplyId
    address: ChatAddress
    turn: TurnId | None
    client_id: str
    text: str
    attempts: int
    created_at: Milliseconds
    kind: ReplyKind = ReplyKind.TEXT
    target: str = ""
    """The network's id of the message that a reaction or an edit is about."""
    target_at: Milliseconds | None = None
    """When that message was sent, if it is one of the assistant's."""
    file: OutgoingFile | None = None
    choices: tuple[str, ...] = ()
    """Answers that a network with buttons can offer; ``text`` lists them, numbered, for the others."""
    quote: QuotedMessage | None = None
    """Where the network shows such a thing and the chat needs it."""

"""The events, each a frozen value that names its chat or group."""

from dataclasses import dataclass
from enum import StrEnum

from nanoclaw.model.chats import ChatAddress, MessageId
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.turns import ReplyId, ReplyKind, TurnId, TurnState


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageArrived:
    """An incoming message is on disk."""

    address: ChatAddress
    message: MessageId
    sender: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnChanged:
    """A turn entered a state."""

    address: ChatAddress
    group: GroupFolder
    turn: TurnId
    state: TurnState


class TurnStep(StrEnum):
    """Moments inside a turn that people wait for."""

    MODEL_REQUEST = "model_request"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnProgressed:
    """The agent did something: asked the model, or used the tool called ``detail``."""

    address: ChatAddress
    group: GroupFolder
    turn: TurnId
    step: TurnStep
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStreamed:
    """A piece of the answer as the model writes it. The reply that follows is the truth; this is a preview."""

    address: ChatAddress
    turn: TurnId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingChanged:
    """The assistant began or ceased to work for a chat."""

    address: ChatAddress
    typing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySent:
    """A reply was delivered. ``text`` says it as a terminal would, also what is no text, such as a file."""

    address: ChatAddress
    reply: ReplyId
    turn: TurnId | None
    text: str
    kind: ReplyKind = ReplyKind.TEXT


Event = MessageArrived | TurnChanged | TurnProgressed | TextStreamed | TypingChanged | ReplySent

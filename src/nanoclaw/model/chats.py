"""Where messages come from: networks, chats, people; and the messages themselves."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from nanoclaw.model.clock import Milliseconds

ChannelName = NewType("ChannelName", str)
"""A network as configured: ``local``, ``web``, ``whatsapp``."""
ChatId = NewType("ChatId", int)
"""The row of a chat in the store."""
MessageId = NewType("MessageId", int)
"""The row of an incoming message: grows with arrival, and is the position in a chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAddress:
    """A chat as its network names it. ``chat`` is the network's immutable id, never a display name."""

    channel: ChannelName
    chat: str


def parse_chat(text: str) -> ChatAddress:
    """``channel:chat`` of the configuration, which was checked there."""
    channel, _, chat = text.partition(":")
    return ChatAddress(channel=ChannelName(channel), chat=chat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A person. ``id`` is the network's immutable identity; ``name`` is what they call themselves today."""

    id: str
    name: str
    also: tuple[str, ...] = ()
    """Other ids of the same account, as the network itself told: a role that was given to one of them counts."""

    @property
    def ids(self) -> tuple[str, ...]:
        """All of them."""
        return (self.id, *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The message that an incoming message replies to."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message: its safe name, its media type and its path below the group's folder.

    The path is empty when the file was not kept, because its sender had no role yet.
    """

    name: str
    media_type: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A file as a channel received it: ``path`` (absolute) is the channel's own copy, ``name`` whatever was sent."""

    name: str
    media_type: str
    path: str
    voice: bool = False
    """Spoken into the telephone, and not merely a sound: it is written down, where a program for that is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A message as a channel hands it in.

    ``external_id`` is unique within (channel, chat): the same id twice is the same message. ``mentions_assistant`` is
    set for a platform mention of the assistant's account or a reply to one of its messages. ``from_assistant`` marks
    the assistant's own messages as the network echoes them; they are stored and never answered.
    """

    address: ChatAddress
    external_id: str
    sender: Sender
    text: str
    sent_at: Milliseconds
    chat_name: str = ""
    quote: Quote | None = None
    attachments: tuple[Attachment, ...] = ()
    """What the intake made of ``files``; a channel leaves it empty."""
    files: tuple[IncomingFile, ...] = ()
    mentions_assistant: bool = False
    from_assistant: bool = False
    answers: str = ""
    """The ``client_id`` of the question that a button or a reaction answers; ``text`` is the option or the emoji."""
    history: bool = False
    """Written before the account was linked: kept as context, never answered."""


class ChangeKind(StrEnum):
    """What a person did to a message that is there already."""

    EDITED = "edited"
    """``text`` replaces what it said. Only its author can."""
    DELETED = "deleted"
    """It was taken back, by its author or by an administrator of the chat: the channel has seen to that."""
    REACTED = "reacted"
    """``text`` is the emoji; empty takes the reaction back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundChange:
    """A change of an earlier message, as a channel hands it in; ``sender`` is who made it.

    ``target`` is the ``external_id`` of a message that came in, or what ``send`` returned for one that went out.
    ``external_id`` is the change's own name: the same twice is one change.
    """

    address: ChatAddress
    external_id: str
    kind: ChangeKind
    target: str
    sender: Sender
    text: str
    at: Milliseconds
    mentions_assistant: bool = False
    """Of an edit, as of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """An incoming message as the store holds it."""

    id: MessageId
    chat: ChatId
    external_id: str
    sender: Sender
    text: str
    sent_at: Milliseconds
    quote: Quote | None = None
    attachments: tuple[Attachment, ...] = ()
    answers: str = ""
    """The text of the question that it answers."""
    change: ChangeKind | None = None
    """Not a message of its own: what was done to ``about``, ``in-N`` or ``out-N``, which says ``about_text`` now."""
    about: str = ""
    about_text: str = ""

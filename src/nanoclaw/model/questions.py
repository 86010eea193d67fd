"""Questions to people: asked in a chat, answered there, by a number, a word, a reaction or a button."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder

QuestionId = NewType("QuestionId", int)


class QuestionPurpose(StrEnum):
    """What an answer is for."""

    AGENT = "agent"
    """The group's agent asked; the answer wakes it as a message."""
    DOMAIN = "domain"
    """May this group reach a host? ``subject`` is ``host:port``. Options: once, always, no."""
    SENDER = "sender"
    """May this person write to this group? ``subject`` is ``channel sender-id``. Options: allow, ignore."""


class QuestionState(StrEnum):
    """A question's life."""

    OPEN = "open"
    ANSWERED = "answered"
    """Someone answered, and what follows from it may still have to be done; a restart does it."""
    SETTLED = "settled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """A question to ask. ``group`` is the group it is about, ``address`` the chat it is asked in.

    ``key`` makes asking idempotent: the same key twice is one question. No options: any text is the answer.
    """

    key: str
    purpose: QuestionPurpose
    group: GroupFolder
    address: ChatAddress
    text: str
    options: tuple[str, ...]
    subject: str
    expires_at: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that was asked. ``answer`` is the option chosen, or the text; empty while there is none."""

    id: QuestionId
    purpose: QuestionPurpose
    group: GroupFolder
    address: ChatAddress
    text: str
    options: tuple[str, ...]
    subject: str
    state: QuestionState
    expires_at: Milliseconds
    answer: str = ""

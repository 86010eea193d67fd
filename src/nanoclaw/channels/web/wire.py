"""The JSON between the page and the server: what it may send, and how events and lines look to it."""

from typing import Annotated, Any, Self, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nanoclaw.channels.contract import ChatCard, ChatLine
from nanoclaw.events.kinds import (
    Event,
    MessageArrived,
    ReplySent,
    TextStreamed,
    TurnChanged,
    TurnProgressed,
    TypingChanged,
)
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.turns import OutgoingFile, ReplyKind

TEXT_BYTES = 1_048_576
"""The longest message, as UTF-8."""
BODY_BYTES = 6 * TEXT_BYTES + 1_024
"""A message of control characters takes six bytes each as JSON."""

MOST_FILES = 10
"""How many files one message brings."""


class NewMessage(BaseModel):
    """``POST …/messages``. ``id`` is chosen by the page: the same id twice is the same message.

    ``files`` were uploaded before, under ids of the page's. ``answers`` is the ``name`` of the line whose question it
    answers, with one of its choices as the text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: UUID
    text: str
    files: Annotated[list[UUID], Field(max_length=MOST_FILES)] = []
    answers: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text and not self.files:
            raise ValueError
        return self


def show_chat(card: ChatCard) -> dict[str, Any]:
    """A chat in the list."""
    return {"chat": card.chat, "name": card.name, "folder": card.folder}


def show_line(line: ChatLine) -> dict[str, Any]:
    """A line of the history."""
    return {
        "id": line.id,
        "at": line.at,
        "direction": line.direction,
        "sender": line.sender,
        "text": line.text,
        "state": line.state,
        "name": line.name,
        "kind": line.kind,
        "target": line.target,
        "file": _show_file(line.file),
        "attachments": [{"name": one.name, "type": one.media_type} for one in line.attachments],
        "choices": list(line.choices),
    }


def _show_file(file: OutgoingFile | None) -> dict[str, Any] | None:
    return {"name": file.name, "type": file.media_type, "size": file.size} if file else None


def show_event(event: Event, at: Milliseconds) -> tuple[str, dict[str, Any]]:
    """An event's name on the stream, and its content. ``at`` is the time now: events carry none."""
    kind, content = _kind_and_content(event)
    return kind, {"chat": event.address.chat, "at": at, **content}


def _kind_and_content(event: Event) -> tuple[str, dict[str, Any]]:
    match event:
        case MessageArrived():
            return "message", {"id": f"in-{event.message}", "sender": event.sender, "text": event.text}
        case TextStreamed():
            return "text", {"turn": event.turn, "text": event.text}
        case TypingChanged():
            return "typing", {"typing": event.typing}
        case TurnChanged():
            return "turn", {"turn": event.turn, "state": event.state}
        case TurnProgressed():
            return "step", {"turn": event.turn, "step": event.step, "detail": event.detail}
        case ReplySent():
            # What is not simply a text is read from the history, which has all of it.
            text = event.text if event.kind is ReplyKind.TEXT else ""
            return "reply", {"id": f"out-{event.reply}", "turn": event.turn, "text": text, "kind": event.kind}
        case _:
            assert_never(event)

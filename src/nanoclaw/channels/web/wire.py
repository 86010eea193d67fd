"""The JSON between the page and the server: what it may send, and how events and lines look to it."""

from typing import Annotated, Any, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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

TEXT_BYTES = 1_048_576
"""The longest message, as UTF-8."""
BODY_BYTES = 6 * TEXT_BYTES + 1_024
"""A message of control characters takes six bytes each as JSON."""


class NewMessage(BaseModel):
    """``POST …/messages``. ``id`` is chosen by the page: the same id twice is the same message."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: UUID
    text: Annotated[str, Field(min_length=1)]


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
    }


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
            return "reply", {"id": f"out-{event.reply}", "turn": event.turn, "text": event.text}
        case _:
            assert_never(event)

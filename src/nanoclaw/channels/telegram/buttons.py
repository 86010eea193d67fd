"""Questions with buttons: what is put on them, and what a press says."""

from dataclasses import dataclass

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from nanoclaw.channels.telegram.people import clean, number, sender_of
from nanoclaw.channels.telegram.places import Places
from nanoclaw.model.chats import InboundMessage
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.turns import Reply

_DATA_BYTES = 64
_LABEL = 60
_BUTTONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Someone pressed a button of ours. ``query`` is to be answered, or the button goes on glowing."""

    message: InboundMessage
    query: str
    shown: int
    """The message that the button is on."""
    chat: int


def keyboard(reply: Reply) -> InlineKeyboardMarkup | None:
    """The buttons of a reply; None when it has none, or they do not fit: its text has the numbers too."""
    if not reply.choices or len(reply.choices) > _BUTTONS:
        return None
    data = [f"{index}:{reply.client_id}" for index in range(1, len(reply.choices) + 1)]
    if any(len(one.encode()) > _DATA_BYTES for one in data):
        return None
    labels = (_label(index, choice) for index, choice in enumerate(reply.choices, 1))
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=one)] for label, one in zip(labels, data, strict=True)]
    )


def read_press(query: CallbackQuery, places: Places, now: Milliseconds) -> Pressed | None:
    """What a press says; None when the button is none of ours, or Telegram does not say where it is.

    Whoever writes to Telegram by a program of their own can press what was never shown. The intake takes as an answer
    only what the question offers, of those who may.
    """
    index, colon, question = (query.data or "").partition(":")
    on = query.message
    if on is None or not colon or not index.isascii() or not index.isdecimal() or not question:
        return None
    chat, shown = number(on.chat.id), number(on.message_id)
    topic = on.message_thread_id if isinstance(on, Message) and on.is_topic_message else places.topic_of(chat, shown)
    message = InboundMessage(
        address=places.address(chat, topic),
        external_id=f"press-{query.id}",
        sender=sender_of(query.from_user, None),
        text=_chosen(on, query.data or "") or index,
        sent_at=now,
        answers=question,
    )
    return Pressed(message=message, query=query.id, shown=shown, chat=chat)


def _label(index: int, choice: str) -> str:
    flat = " ".join(choice.split()) or str(index)
    return flat if len(flat) <= _LABEL else f"{index}. {flat[:_LABEL]}…"


def _chosen(on: object, data: str) -> str:
    """The words on the button that was pressed; empty when they are not the whole option."""
    if not isinstance(on, Message) or on.reply_markup is None:
        return ""
    for row in on.reply_markup.inline_keyboard:
        for button in row:
            if button.callback_data == data and not button.text.endswith("…"):
                return clean(button.text)
    return ""

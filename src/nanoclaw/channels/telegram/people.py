"""Who is meant: numbers that never change, beside the names that people give themselves today."""

from telegram import Chat, User

from nanoclaw.model.chats import Sender

_NAME_LENGTH = 200


def clean(text: str) -> str:
    """A text as UTF-8 can hold it: halves of characters, which no honest server sends, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def sender_of(user: User | None, chat: Chat | None) -> Sender:
    """Someone; or the chat in whose name they speak, as anonymous administrators do.

    Raises:
        TypeError: nobody is named, or not as the Bot API does it.
    """
    if chat is not None:
        return Sender(id=str(number(chat.id)), name=_short(chat.title or chat.full_name or "Somebody"))
    if user is None:
        raise TypeError("nobody is named as the sender")
    return Sender(id=str(number(user.id)), name=_short(user.full_name or "Somebody"))


def chat_name(chat: Chat, topic: str = "") -> str:
    """What a chat calls itself today."""
    name = _short(chat.title or chat.full_name or "")
    return f"{name} › {_short(topic)}" if topic else name


def number(value: object) -> int:
    """An id.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value == 0:
        raise TypeError("an id is no number")
    return value


def _short(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError("a name is no text")
    return clean(name)[:_NAME_LENGTH]

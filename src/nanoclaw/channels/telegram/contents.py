"""What a message says, in text: its own words, or words for what is neither text nor a file."""

from telegram import (
    Message,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
)

from nanoclaw.channels.telegram.people import clean


def content_of(message: Message) -> str:
    """The text or the caption; else words for a sticker, a place and the like. Empty for files and for notices."""
    own = message.text if message.text is not None else message.caption
    if own is not None:
        if not isinstance(own, str):
            raise TypeError("a text is no text")
        return clean(own)
    return clean(_described(message))


def _described(message: Message) -> str:
    words = ""
    if sticker := message.sticker:
        words = f"Sticker {sticker.emoji or ''}".rstrip()
    elif venue := message.venue:
        words = f"Place {venue.title}, {venue.address}: {_where(venue.location)}"
    elif location := message.location:
        words = f"Location {_where(location)}"
    elif contact := message.contact:
        words = f"Contact {' '.join(filter(None, (contact.first_name, contact.last_name)))}: {contact.phone_number}"
    elif poll := message.poll:
        words = f"Poll {poll.question}: {', '.join(option.text for option in poll.options)}"
    elif dice := message.dice:
        words = f"Dice {dice.emoji}: {dice.value}"
    return f"[{words}]" if words else ""


def forwarded_from(message: Message) -> str:
    """A line before words that are someone else's; empty for the sender's own."""
    origin = message.forward_origin
    match origin:
        case None:
            return ""
        case MessageOriginUser():
            name = origin.sender_user.full_name
        case MessageOriginHiddenUser():
            name = origin.sender_user_name
        case MessageOriginChat():
            name = origin.sender_chat.effective_name or ""
        case MessageOriginChannel():
            name = origin.chat.effective_name or ""
        case _:
            name = ""
    shown = " ".join(clean(str(name)).split())[:200]
    return f"[Forwarded from {shown or 'somebody'}]\n"


def _where(location: object) -> str:
    latitude, longitude = getattr(location, "latitude", None), getattr(location, "longitude", None)
    if not isinstance(latitude, float | int) or not isinstance(longitude, float | int):
        raise TypeError("a place has no place")
    return f"{latitude:.6f}, {longitude:.6f}"

"""What an update of Telegram says, in the model's words. What is not as the Bot API describes it raises."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from telegram import Message, MessageEntity, MessageReactionUpdated, ReactionTypeEmoji, Update, User

from nanoclaw.channels.telegram.buttons import Pressed, read_press
from nanoclaw.channels.telegram.contents import content_of, forwarded_from
from nanoclaw.channels.telegram.media import Media, media_of
from nanoclaw.channels.telegram.people import chat_name, clean, number, sender_of
from nanoclaw.channels.telegram.places import Places
from nanoclaw.model.chats import ChangeKind, InboundChange, InboundMessage, Quote
from nanoclaw.model.clock import Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message whose file is still to be fetched. ``private``: in a chat of two."""

    message: InboundMessage
    media: Media | None
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A group became a supergroup, which has another id."""

    old: int
    new: int


Reading = Said | Pressed | Moved | InboundChange


class Reader:
    """Reads updates for one bot."""

    def __init__(self, me: User, places: Places) -> None:
        self._me = me
        self._places = places

    def read(self, raw: dict[str, Any], now: Milliseconds) -> Reading | None:
        """What an update says; None when it is nothing that concerns us.

        Raises:
            Exception: of any kind, when it is not what the Bot API describes. It will be no better the next time.
        """
        update = Update.de_json(raw, None)
        if update.message is not None:
            return self._message(update.message)
        if update.edited_message is not None:
            return self._edit(update.edited_message, update.update_id)
        if update.message_reaction is not None:
            return self._reaction(update.message_reaction, update.update_id)
        if update.callback_query is not None:
            return read_press(update.callback_query, self._places, now)
        return None

    def _message(self, message: Message) -> Said | Moved | None:
        chat = number(message.chat.id)
        if message.migrate_to_chat_id:
            return Moved(old=chat, new=number(message.migrate_to_chat_id))
        if message.migrate_from_chat_id:
            return Moved(old=number(message.migrate_from_chat_id), new=chat)
        media, content = media_of(message), content_of(message)
        if message.is_automatic_forward or (media is None and not content):
            return None
        topic = self._topic(message)
        said = InboundMessage(
            address=self._places.address(chat, topic),
            external_id=self._places.name(chat, number(message.message_id)),
            sender=sender_of(message.from_user, message.sender_chat),
            text=forwarded_from(message) + self._plain(message, content),
            sent_at=_milliseconds(message),
            chat_name=chat_name(message.chat, _topic_name(message)),
            quote=_quote(message),
            mentions_assistant=self._is_meant(message),
            from_assistant=message.from_user is not None and message.from_user.id == self._me.id,
        )
        return Said(message=said, media=media, private=message.chat.type == "private")

    def _edit(self, message: Message, update: int) -> InboundChange | None:
        content = content_of(message)
        if not content:
            return None
        chat, identity = number(message.chat.id), number(message.message_id)
        at = int(message.edit_date.timestamp() * 1000) if message.edit_date else _milliseconds(message)
        return InboundChange(
            address=self._places.address(chat, self._topic(message)),
            # Two in one second are told apart by their updates.
            external_id=f"edit-{identity}-{at // 1000}-{update}",
            kind=ChangeKind.EDITED,
            target=self._places.name(chat, identity),
            sender=sender_of(message.from_user, message.sender_chat),
            text=forwarded_from(message) + self._plain(message, content),
            at=Milliseconds(at),
        )

    def _reaction(self, reaction: MessageReactionUpdated, update: int) -> InboundChange | None:
        before, after = _emojis(reaction.old_reaction), _emojis(reaction.new_reaction)
        fresh = [emoji for emoji in after if emoji not in before]
        if not fresh and (after or not before):
            return None  # a picture of a paying user's own, or one of several was taken away
        chat, target = number(reaction.chat.id), number(reaction.message_id)
        at = int(reaction.date.timestamp() * 1000)
        return InboundChange(
            address=self._places.address(chat, self._places.topic_of(chat, target)),
            external_id=f"reaction-{target}-{at // 1000}-{update}",
            kind=ChangeKind.REACTED,
            target=self._places.name(chat, target),
            sender=sender_of(reaction.user, reaction.actor_chat),
            text=fresh[-1] if fresh else "",
            at=Milliseconds(at),
        )

    def _topic(self, message: Message) -> int | None:
        """The topic that a message stands in. Replies outside of topics have a thread too, which is none."""
        if not message.is_topic_message or not message.message_thread_id:
            return None
        topic = number(message.message_thread_id)
        self._places.in_topic(number(message.chat.id), number(message.message_id), topic)
        return topic

    def _is_meant(self, message: Message) -> bool:
        """Whether the network itself says that the bot is spoken to: by its name, or by a reply to it."""
        answered = message.reply_to_message
        if answered is not None and answered.forum_topic_created is None:
            author = answered.from_user
            if author is not None and author.id == self._me.id:
                return True
        name = f"@{self._me.username}".casefold()
        for entity, words in _entities(message):
            match entity.type:
                case MessageEntity.TEXT_MENTION if entity.user is not None and entity.user.id == self._me.id:
                    return True
                case MessageEntity.MENTION if words.casefold() == name:
                    return True
                case MessageEntity.BOT_COMMAND if words.casefold().endswith(name):
                    return True
        return False

    def _plain(self, message: Message, text: str) -> str:
        """The text; a command without the name of the bot that Telegram puts behind it in groups."""
        for entity, words in _entities(message):
            name = f"@{self._me.username}"
            if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 and text.startswith(words):
                command = words[: -len(name)] if words.casefold().endswith(name.casefold()) else words
                return command + text[len(words) :]
        return text


def _entities(message: Message) -> Iterable[tuple[MessageEntity, str]]:
    found = message.parse_entities() if message.text else message.parse_caption_entities() if message.caption else {}
    return found.items()


def _emojis(reactions: Iterable[object]) -> list[str]:
    return [clean(str(one.emoji)) for one in reactions if isinstance(one, ReactionTypeEmoji)]


def _quote(message: Message) -> Quote | None:
    answered = message.reply_to_message
    part = clean(message.quote.text) if message.quote is not None else ""
    if answered is None or answered.forum_topic_created is not None:
        return Quote(sender="", text=part) if part else None
    text = part or content_of(answered)
    if not text and (media := media_of(answered)):
        text = f"[File {media.name}]"
    if not text or (answered.from_user is None and answered.sender_chat is None):
        return None
    return Quote(sender=sender_of(answered.from_user, answered.sender_chat).name, text=text)


def _topic_name(message: Message) -> str:
    root = message.reply_to_message
    made = root.forum_topic_created if root is not None else None
    return made.name if made is not None and message.is_topic_message else ""


def _milliseconds(message: Message) -> Milliseconds:
    return Milliseconds(int(message.date.timestamp() * 1000))

"""Replies on their way out: the right method for each, and what to do when Telegram will not have it so."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from telegram import InputFile, LinkPreviewOptions, Message, ReactionTypeEmoji, ReplyParameters
from telegram.constants import ChatAction, ReactionEmoji
from telegram.error import BadRequest, ChatMigrated, InvalidToken, TelegramError

from nanoclaw.channels.contract import ChannelError, PermanentSendError
from nanoclaw.channels.telegram.buttons import keyboard
from nanoclaw.channels.telegram.faults import failed_send
from nanoclaw.channels.telegram.markup import length, seen, to_html
from nanoclaw.channels.telegram.pace import Pace
from nanoclaw.channels.telegram.places import Place, Places
from nanoclaw.channels.telegram.session import Session
from nanoclaw.channels.telegram.transport import FloodError
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.turns import OutgoingFile, Reply, ReplyKind

CAPTION_LIMIT = 1_024
_LARGEST_PHOTO = 10 * 1024 * 1024
_METHODS = {
    "image/jpeg": "photo",
    "image/png": "photo",
    "image/webp": "photo",
    "image/gif": "animation",
    "video/mp4": "video",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "voice",
    "audio/opus": "voice",
}
"""How Telegram shows files of these types; others are documents."""
_EMOJIS = {str(emoji).replace("\N{VARIATION SELECTOR-16}", ""): str(emoji) for emoji in ReactionEmoji}
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
"""Telegram's servers would open whatever the model links to."""


class Sender:
    """Sends for one bot. Telegram has no client-chosen ids: what is sent again is there twice."""

    def __init__(self, session: Session, places: Places, pace: Pace) -> None:
        self._bot = session.bot
        self._places = places
        self._pace = pace

    async def send(self, reply: Reply) -> str:
        """Send; the name of the message.

        Raises:
            TemporarySendError, PermanentSendError: as the contract says.
        """
        try:
            return await self._try(reply)
        except ChatMigrated as moved:
            # Learned by sending, before an update said so.
            place = self._place(reply.address)
            self._places.moves(place.chat, moved.new_chat_id)
            return await self._try_again(reply)
        except TelegramError as error:
            raise self._failed(reply, error) from None

    async def _try_again(self, reply: Reply) -> str:
        try:
            return await self._try(reply)
        except TelegramError as error:
            raise self._failed(reply, error) from None

    async def _try(self, reply: Reply) -> str:
        place = self._place(reply.address)
        await self._pace.wait(place.chat)
        match reply.kind:
            case ReplyKind.TEXT:
                sent = await self._text(place, reply, reply.text)
            case ReplyKind.FILE:
                sent = await self._file(place, reply)
            case ReplyKind.REACTION:
                return await self._react(place, reply)
            case ReplyKind.EDIT:
                return await self._edit(place, reply)
        return await self._named(sent)

    async def _named(self, sent: Message) -> str:
        if sent.is_topic_message and sent.message_thread_id:
            self._places.in_topic(sent.chat.id, sent.message_id, sent.message_thread_id)
        with suppress(ChannelError):
            # The message is out: to fail now would send it twice. What was learned is kept with the next update.
            await self._places.save()
        return self._places.name(sent.chat.id, sent.message_id)

    async def say(self, address: ChatAddress, text: str) -> None:
        """Say something that no outbox holds. Best effort."""
        place = self._place(address)
        with suppress(TelegramError):
            await self._bot.send_message(place.chat, text)

    async def show_typing(self, address: ChatAddress) -> None:
        """Best effort; says nothing where Telegram wants to be left alone."""
        place = self._places.place(address)
        if place is None or self._pace.is_closed(place.chat):
            return
        try:
            await self._bot.send_chat_action(place.chat, ChatAction.TYPING, message_thread_id=place.topic)
        except FloodError as error:
            self._pace.close(place.chat, error.seconds)
        except TelegramError:
            return

    async def _text(self, place: Place, reply: Reply, text: str) -> Message:
        asked = self._asked(place, reply) | {"link_preview_options": _NO_PREVIEW}
        markup = to_html(text)
        if seen(markup).strip():
            try:
                return await self._bot.send_message(place.chat, markup, parse_mode="HTML", **asked)
            except BadRequest as error:
                if not _is_about_markup(error):
                    raise
        return await self._bot.send_message(place.chat, text, **asked)

    def _asked(self, place: Place, reply: Reply) -> dict[str, Any]:
        quoted = self._places.message(reply.quote.external_id, place.chat) if reply.quote else None
        answering = ReplyParameters(quoted, allow_sending_without_reply=True) if quoted is not None else None
        buttons = keyboard(reply)
        return {"message_thread_id": place.topic, "reply_parameters": answering, "reply_markup": buttons}

    async def _file(self, place: Place, reply: Reply) -> Message:
        file = reply.file
        if file is None:
            raise PermanentSendError("A file was to be sent, and none is named")
        asked: dict[str, Any] = self._asked(place, reply)
        if length(reply.text) > CAPTION_LIMIT:
            # Two messages: what is too long for a caption comes before its file.
            await self._text(place, reply, reply.text)
        elif reply.text:
            asked |= {"caption": to_html(reply.text), "parse_mode": "HTML"}
        method = _method(file)
        try:
            return await self._upload(method, place, file, asked)
        except (BadRequest, InvalidToken) as error:
            if method == "document" and not _is_about_markup(error):
                raise
        # Not a picture after all, or too large for one; or a server that knows documents only.
        plain = {"caption": reply.text, "parse_mode": None} if "caption" in asked else {}
        return await self._upload("document", place, file, asked | plain)

    async def _upload(self, method: str, place: Place, file: OutgoingFile, asked: dict[str, Any]) -> Message:
        methods: dict[str, Callable[..., Awaitable[Message]]] = {
            "photo": self._bot.send_photo,
            "animation": self._bot.send_animation,
            "video": self._bot.send_video,
            "audio": self._bot.send_audio,
            "voice": self._bot.send_voice,
            "document": self._bot.send_document,
        }
        try:
            with Path(file.path).open("rb") as content:  # noqa: ASYNC230 - a local file; read while it goes out
                handed = InputFile(content, filename=_plain_name(file.name), read_file_handle=False)
                return await methods[method](place.chat, handed, **asked)
        except OSError as error:
            raise PermanentSendError(
                f"The file {file.name} cannot be read: {error.strerror}", hint="Ask for it once more."
            ) from error

    async def _react(self, place: Place, reply: Reply) -> str:
        target = self._target(place, reply)
        emoji = _EMOJIS.get(reply.text.replace("\N{VARIATION SELECTOR-16}", ""))
        if emoji is not None or not reply.text:
            try:
                await self._bot.set_message_reaction(
                    place.chat, target, [ReactionTypeEmoji(emoji)] if emoji is not None else []
                )
            except BadRequest as error:
                if not reply.text or "REACTION" not in str(error).upper():
                    raise
            else:
                return reply.target
        # Telegram knows some seventy signs, and a group may allow fewer. The others are said.
        answering = ReplyParameters(target, allow_sending_without_reply=True)
        return await self._named(
            await self._bot.send_message(
                place.chat, reply.text, message_thread_id=place.topic, reply_parameters=answering
            )
        )

    async def _edit(self, place: Place, reply: Reply) -> str:
        target = self._target(place, reply)
        try:
            await self._rewrite(place.chat, target, to_html(reply.text), "HTML")
        except BadRequest as error:
            if _is_about_markup(error):
                await self._rewrite(place.chat, target, reply.text, None)
            elif "not modified" not in str(error):
                raise
        return reply.target

    async def _rewrite(self, chat: int, target: int, text: str, mode: str | None) -> None:
        try:
            await self._bot.edit_message_text(text, chat, target, parse_mode=mode, link_preview_options=_NO_PREVIEW)
        except BadRequest as error:
            if "no text in the message" not in str(error):
                raise
            await self._bot.edit_message_caption(chat, target, caption=text, parse_mode=mode)

    def _place(self, address: ChatAddress) -> Place:
        place = self._places.place(address)
        if place is None:
            raise PermanentSendError(
                f"{address.chat[:60]!r} is no chat of Telegram", hint="Register the chat by its number."
            )
        return place

    def _target(self, place: Place, reply: Reply) -> int:
        target = self._places.message(reply.target, place.chat)
        if target is None:
            raise PermanentSendError("The message that is meant is not in this chat any more")
        return target

    def _failed(self, reply: Reply, error: TelegramError) -> ChannelError:
        if isinstance(error, FloodError):
            self._pace.close(self._place(reply.address).chat, error.seconds)
        return failed_send(error)


def _method(file: OutgoingFile) -> str:
    method = _METHODS.get(file.media_type, "document")
    return "document" if method == "photo" and file.size > _LARGEST_PHOTO else method


def _plain_name(name: str) -> str:
    """A name that can stand in a header."""
    kept = "".join(letter if letter.isprintable() and letter not in '"\\' else "_" for letter in name)
    return kept.encode("utf-8", "replace").decode()[:200] or "file"


def _is_about_markup(error: TelegramError) -> bool:
    text = str(error).lower()
    return "parse entities" in text or "must be non-empty" in text or "text is empty" in text

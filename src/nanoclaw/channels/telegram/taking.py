"""One update after the other: read, fetched, and handed in."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from telegram import Bot
from telegram.error import NetworkError, TelegramError

from nanoclaw.channels.contract import Surroundings
from nanoclaw.channels.telegram.buttons import Pressed
from nanoclaw.channels.telegram.media import Fetcher, Media
from nanoclaw.channels.telegram.places import Places
from nanoclaw.channels.telegram.poller import UnreadableError
from nanoclaw.channels.telegram.reading import Moved, Reader, Reading, Said
from nanoclaw.model.chats import InboundChange, InboundMessage, IncomingFile

logger = logging.getLogger(__name__)

_FETCH_TRIES = 3
_COURTESY_SECONDS = 10.0
_LOOKED_THROUGH = 100


class Taker:
    """Hands in what updates bring. ``paired``: whether a private message was the owner's proof, and no message."""

    def __init__(
        self,
        surroundings: Surroundings,
        reader: Reader,
        places: Places,
        fetcher: Fetcher,
        *,
        bot: Bot,
        paired: Callable[[InboundMessage], Awaitable[bool]],
    ) -> None:
        self._surroundings = surroundings
        self._reader = reader
        self._places = places
        self._fetcher = fetcher
        self._bot = bot
        self._paired = paired

    async def take(self, raw: dict[str, Any], tries: int) -> None:
        """Take one update in. Raises as the poller wants it."""
        match self._read(raw):
            case Said() as said:
                await self._said(said, tries)
            case Pressed() as pressed:
                await self._surroundings.accept(pressed.message)
                await self._places.save()
                await self._confirm(pressed)
            case Moved(old=old, new=new):
                if self._places.moves(old, new):
                    logger.info("a group has another id", extra={"was": old, "is": new})
                await self._places.save()
            case InboundChange() as change:
                await self._surroundings.change(change)
                await self._places.save()
            case None:
                return

    async def glance(self, raw: dict[str, Any]) -> bool:
        """Whether an update is the owner's proof, and nothing else comes of it. Raises as ``take``."""
        match self._read(raw):
            case Said(private=True, message=message):
                return await self._paired(message)
            case _:
                return False

    def _read(self, raw: dict[str, Any]) -> Reading | None:
        try:
            return self._reader.read(raw, self._surroundings.clock.now())
        except Exception as error:
            # The boundary around what others wrote: whatever is wrong with it, it will be no better the next time.
            raise UnreadableError(type(error).__name__) from error

    async def _said(self, said: Said, tries: int) -> None:
        if said.private and await self._paired(said.message):
            return
        message, files = said.message, list[IncomingFile]()
        try:
            if said.media is not None and await self._is_registered(message):
                message = await self._with_file(message, said.media, files, tries)
            await self._places.save()
            await self._surroundings.accept(message)
        finally:
            self._fetcher.discard(files)

    async def _is_registered(self, message: InboundMessage) -> bool:
        """Whether a chat is one of ours: anybody can write to a bot, and nothing is fetched for strangers."""
        cards = await self._surroundings.conversations.chats(message.address.channel)
        return any(card.chat == message.address.chat for card in cards)

    async def _with_file(
        self, message: InboundMessage, media: Media, files: list[IncomingFile], tries: int
    ) -> InboundMessage:
        """The message with its file, or with words about it where it cannot be had."""
        try:
            found = await self._fetcher.fetch(media)
        except NetworkError:
            if tries + 1 < _FETCH_TRIES:
                raise
            found = "it could not be fetched"
        if isinstance(found, IncomingFile):
            files.append(found)
            return replace(message, files=(found,))
        note = f"[File {' '.join(media.name.split())[:100]}, not here: {found}]"
        return replace(message, text=f"{message.text}\n\n{note}".strip())

    async def _confirm(self, pressed: Pressed) -> None:
        """Let the button rest, and take the buttons away where nothing is left to answer. Courtesies."""
        lines = await self._surroundings.conversations.history(pressed.message.address, limit=_LOOKED_THROUGH)
        over = any(line.name == pressed.message.answers and not line.choices for line in lines)
        try:
            async with asyncio.timeout(_COURTESY_SECONDS):
                await self._bot.answer_callback_query(pressed.query)
                if over:
                    await self._bot.edit_message_reply_markup(pressed.chat, pressed.shown, reply_markup=None)
        except (TelegramError, TimeoutError):
            return

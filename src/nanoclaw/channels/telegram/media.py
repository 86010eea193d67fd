"""Files that come with messages: which there are, and how they get here."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace

from telegram import Message
from telegram.error import BadRequest, InvalidToken

from nanoclaw.channels.file_names import shorten
from nanoclaw.channels.spool import FileRefusedError, Spool
from nanoclaw.channels.telegram.people import clean
from nanoclaw.channels.telegram.session import Session
from nanoclaw.model.chats import IncomingFile

LARGEST = 20 * 1024 * 1024
"""The largest file that the Bot API hands out, in bytes."""
_ANY_TYPE = "application/octet-stream"
_SECONDS = 120.0
_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file as an update names it: ``name`` and ``media_type`` are whatever was sent, ``size`` 0 if unknown."""

    file: str
    name: str
    media_type: str
    size: int
    voice: bool = False
    """Spoken into the telephone."""


_KINDS = (
    ("voice", "voice.ogg", "audio/ogg"),
    ("video_note", "video.mp4", "video/mp4"),
    ("audio", "audio", _ANY_TYPE),
    ("video", "video.mp4", "video/mp4"),
    ("document", "file", _ANY_TYPE),  # an animation comes as a document too
)
"""Where a message may hold a file, and what it is called where it has no name or type of its own."""


def media_of(message: Message) -> Media | None:
    """The file of a message; a picture in its largest size that can be had."""
    if message.photo:
        fitting = [size for size in message.photo if (size.file_size or 0) <= LARGEST]
        best = max(fitting or message.photo, key=lambda size: size.width * size.height)
        return _media(best.file_id, "photo.jpg", "image/jpeg", best.file_size)
    for attribute, name, media_type in _KINDS:
        if part := getattr(message, attribute):
            own = getattr(part, "file_name", None), getattr(part, "mime_type", None)
            found = _media(part.file_id, own[0] or name, own[1] or media_type, part.file_size)
            return replace(found, voice=attribute == "voice")
    return None


def _media(file: object, name: object, media_type: object, size: object) -> Media:
    if not isinstance(file, str) or not isinstance(name, str) or not isinstance(media_type, str):
        raise TypeError("a file is described otherwise than the Bot API does")
    known = size if isinstance(size, int) else 0
    return Media(file=file, name=shorten(clean(name), _NAME_LENGTH), media_type=clean(media_type), size=known)


class Fetcher:
    """Fetches files into the spool. ``proven``: every piece shows that Telegram can be reached."""

    def __init__(self, session: Session, spool: Spool, proven: Callable[[], None]) -> None:
        self._session = session
        self._spool = spool
        self._proven = proven

    async def fetch(self, media: Media) -> IncomingFile | str:
        """The file; or, when there is no use in trying again, why it is not here, in words for the chat.

        Raises:
            NetworkError: it may come the next time.
        """
        if media.size > LARGEST:
            return f"larger than the {LARGEST // 1024 // 1024} MB that Telegram hands to bots"
        try:
            found = await self._session.bot.get_file(media.file)
            if not found.file_path:
                return "Telegram does not hand it out"
            path = found.file_path.removeprefix(f"{self._session.bot.base_file_url}/")
            if path.startswith("/") or ".." in path.split("/"):
                return "the server keeps it where it cannot be fetched"
            async with aclosing(self._session.transport.pieces(path, _SECONDS)) as pieces:
                file = await self._spool.receive(media.name, media.media_type, self._watched(pieces))
            return replace(file, voice=media.voice)
        except (BadRequest, InvalidToken):
            return "Telegram does not hand it out"
        except FileRefusedError as error:
            return str(error)

    def discard(self, files: Iterable[IncomingFile]) -> None:
        """They are kept elsewhere now."""
        self._spool.discard(files)

    async def _watched(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            self._proven()
            yield piece

"""Files of the page: on their way in until their message is stored, and on their way out to a browser."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from nanoclaw.channels.contract import ChannelError, Conversations, Receipt
from nanoclaw.channels.file_names import shorten
from nanoclaw.channels.spool import FILE_LIMIT, FileRefusedError, Spool
from nanoclaw.channels.web.answers import answer, problem
from nanoclaw.model.chats import ChatAddress, IncomingFile
from nanoclaw.model.clock import Clock

_WAITING_FILES = 40
_KEEP_SECONDS = 3600.0
_REMEMBERED = 500
_UPLOAD_SECONDS = 300.0
_PIECE = 262_144
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}", re.ASCII)
_ANY_TYPE = "application/octet-stream"
_NAME_LENGTH = 255


class MissingFileError(ChannelError):
    """A message names a file that is not here any more: it must be uploaded again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    chat: str
    file: IncomingFile
    at: float


class Files:
    """What browsers put here, by the ids that the page chose, and what they may fetch."""

    def __init__(self, spool: Spool, conversations: Conversations, clock: Clock) -> None:
        self._spool = spool
        self._conversations = conversations
        self._clock = clock
        self._uploads: OrderedDict[UUID, _Upload] = OrderedDict()
        self._receipts: OrderedDict[UUID, Receipt] = OrderedDict()

    async def put(self, request: web.Request, address: ChatAddress) -> web.Response:
        """``PUT …/files/{id}?name=…``: the bytes are the body. The same id twice is the same file."""
        identity = _identity(request.match_info["id"])
        if identity is None:
            return problem(404, "There is no such place for a file", "Reload the page and try again.")
        self._forget_old()
        if identity in self._uploads:
            return answer({"id": str(identity)})
        name = shorten(request.query.get("name", ""), _NAME_LENGTH) or "file"
        if (request.content_length or 0) > FILE_LIMIT:
            return problem(413, f"{name} is too large", f"A file may have {FILE_LIMIT // 1024 // 1024} MB.")
        try:
            async with asyncio.timeout(_UPLOAD_SECONDS):
                file = await self._spool.receive(name, _media_type(request.content_type), _pieces(request))
        except FileRefusedError as error:
            return problem(413, str(error), error.hint)
        if identity in self._uploads:
            self._spool.discard([file])
        else:
            self._uploads[identity] = _Upload(chat=address.chat, file=file, at=self._clock.monotonic())
        return answer({"id": str(identity)}, status=201)

    async def get(self, request: web.Request, address: ChatAddress) -> web.StreamResponse:
        """``GET …/files/{line}``: a file that the assistant sent, to be saved, never to be shown as a page."""
        line = await self._conversations.line(address, request.match_info["id"])
        if line is None or line.file is None:
            return problem(404, "There is no such file", "It may be of another chat.")
        if not await asyncio.to_thread(_is_there, line.file.path):
            return problem(410, f"{line.file.name} is not kept any more", "Ask the assistant to send it again.")
        name = quote(line.file.name, safe="", errors="replace")
        return web.FileResponse(
            line.file.path,
            headers={
                "Content-Type": _ANY_TYPE,
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )

    def find(self, identities: Sequence[UUID], address: ChatAddress) -> tuple[IncomingFile, ...]:
        """The uploaded files of a message.

        Raises:
            MissingFileError: one is not here, or was uploaded to another chat.
        """
        found = [self._uploads.get(identity) for identity in identities]
        here = tuple(one.file for one in found if one is not None and one.chat == address.chat)
        if len(here) < len(identities):
            raise MissingFileError("The files of this message are not here any more", hint="Attach them again.")
        return here

    def receipt(self, message: UUID) -> Receipt | None:
        """What was answered to a message with files, whose files are gone since."""
        return self._receipts.get(message)

    def stored(self, message: UUID, identities: Sequence[UUID], receipt: Receipt) -> None:
        """The message is on disk, and its files with it."""
        self._receipts[message] = receipt
        while len(self._receipts) > _REMEMBERED:
            self._receipts.popitem(last=False)
        for identity in identities:
            if upload := self._uploads.pop(identity, None):
                self._spool.discard([upload.file])

    def _forget_old(self) -> None:
        """What was uploaded and never sent does not stay; nor does more than a page can have in hand."""
        now = self._clock.monotonic()
        for identity, upload in tuple(self._uploads.items()):
            if now - upload.at > _KEEP_SECONDS or len(self._uploads) >= _WAITING_FILES:
                del self._uploads[identity]
                self._spool.discard([upload.file])


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    async for piece in request.content.iter_chunked(_PIECE):
        yield piece


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _media_type(given: str) -> str:
    return given if _MEDIA_TYPE.fullmatch(given) else _ANY_TYPE


def _is_there(path: str) -> bool:
    return Path(path).is_file()

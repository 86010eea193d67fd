"""Files on their way in: fetched when the parent wants them, checked, and kept in a private folder.

A file lies under its message's number until the parent has the message, also when another child comes in between.
"""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.channels.file_names import shorten
from nanoclaw.channels.spool import FILE_LIMIT
from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.contents import Part
from nanoclaw.channels.whatsapp.child.fetching import FetchError, UnreachableError, fetch
from nanoclaw.channels.whatsapp.child.inbound import Arrival
from nanoclaw.channels.whatsapp.link import Done, Failed, Fetch, Incoming, Media

_DEADLINE = 90.0
_NAME_LIMIT = 400
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """A file of a message that the parent was told of, and has not answered for."""

    id: str
    part: Part


class Files:
    """The folder, and what may be fetched into it. The parent takes files out of it by their paths."""

    def __init__(self, folder: Path, calls: Calls) -> None:
        self._folder = folder
        self._calls = calls
        self._offers: dict[int, _Offer] = {}

    def open(self, waiting: Collection[int]) -> None:
        """Make the folder; of what is in it, the files of messages that wait for the parent stay.

        Raises:
            OSError: it cannot be made.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {str(number) for number in waiting}
        for path in self._folder.iterdir():
            if path.name not in names:
                with contextlib.suppress(OSError):
                    path.unlink()

    def offer(self, arrival: Arrival) -> Incoming:
        """The message as it is told: with a word about its file, which from now on may be fetched."""
        incoming, part = arrival.incoming, arrival.part
        if part is None:
            return incoming
        if part.size > FILE_LIMIT:
            media = _media(part, problem=f"larger than {FILE_LIMIT // 1024 // 1024} MB")
        else:
            media = _media(part, fetchable=True)
            self._offers[incoming.number] = _Offer(id=incoming.id, part=part)
        return incoming.model_copy(update={"media": (media,)})

    def forget(self, number: int) -> None:
        """The parent has the message, or will not have it."""
        if self._offers.pop(number, None) is not None:
            with contextlib.suppress(OSError):
                self._path(number).unlink()

    async def fetch(self, order: Fetch) -> Done | Failed:
        """The file, or why there is none. Never raises, takes two minutes at most."""
        offer = self._offers.get(order.number)
        if offer is None or offer.id != order.id:
            return Failed(order=order.order, why="the WhatsApp client has not read the message yet", again=True)
        try:
            media = await self._calls.run(_DEADLINE + 30, lambda: self._download(order.number, offer.part))
        except TimeoutError:
            media = _media(offer.part, problem="it took too long to fetch")
        except UnreachableError as error:
            return Failed(order=order.order, why=str(error), again=True)
        except OSError as error:
            why = f"it cannot be put down: {error.strerror}"
            return Failed(order=order.order, why=why, again=True, full=error.errno in _FULL)
        return Done(order=order.order, media=(media,))

    def _download(self, number: int, part: Part) -> Media:
        if shutil.disk_usage(self._folder).free < part.size:
            # Asked again for as long as that is so, it must not come over the network each time.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        # One that was given up may still be at work on the same file.
        piece = self._folder / f"{number}-{uuid.uuid4().hex}"
        try:
            with os.fdopen(os.open(piece, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                size = fetch(part.where, file, limit=FILE_LIMIT, seconds=_DEADLINE)
            piece.replace(self._path(number))
        except UnreachableError:
            raise
        except FetchError as error:
            return _media(part, problem=str(error))
        finally:
            piece.unlink(missing_ok=True)
        if number not in self._offers:
            self._path(number).unlink(missing_ok=True)
        return _media(part, path=str(self._path(number)), size=size)

    def _path(self, number: int) -> Path:
        return self._folder / str(number)


def _media(part: Part, *, path: str = "", problem: str = "", size: int = 0, fetchable: bool = False) -> Media:
    return Media(
        name=shorten(part.name, _NAME_LIMIT),
        media_type=part.media_type[:100],
        size=size or part.size,
        path=path,
        problem=problem,
        voice=part.voice,
        fetchable=fetchable,
    )

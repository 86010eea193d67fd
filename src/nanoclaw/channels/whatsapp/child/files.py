"""Files on their way in: fetched, checked, and kept in a private folder under a random name."""

import contextlib
import os
import time
import uuid
from pathlib import Path

from nanoclaw.channels.spool import FILE_LIMIT
from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.contents import Part
from nanoclaw.channels.whatsapp.child.fetching import FetchError, fetch
from nanoclaw.channels.whatsapp.link import Media

_DEADLINE = 90.0
_STALE = 3_600.0
_NAME_LIMIT = 400


class Files:
    """The folder. The parent takes files out of it by their paths."""

    def __init__(self, folder: Path, calls: Calls) -> None:
        self._folder = folder
        self._calls = calls

    def open(self) -> None:
        """Make the folder; files that nobody took for an hour are gone.

        Raises:
            OSError: it cannot be made.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE:  # noqa: TID251  a file's time is the machine's
                    path.unlink()

    async def fetch(self, part: Part) -> Media:
        """The file, or why there is none. Never raises, takes two minutes at most."""
        if part.size > FILE_LIMIT:
            return _media(part, problem=f"larger than {FILE_LIMIT // 1024 // 1024} MB")
        try:
            return await self._calls.run(_DEADLINE + 30, lambda: self._download(part))
        except TimeoutError:
            return _media(part, problem="it took too long to fetch")

    def _download(self, part: Part) -> Media:
        path = self._folder / uuid.uuid4().hex
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                size = fetch(part.where, file, limit=FILE_LIMIT, seconds=_DEADLINE)
        except (FetchError, OSError) as error:
            with contextlib.suppress(OSError):
                path.unlink()
            return _media(part, problem=str(error) if isinstance(error, FetchError) else f"no room: {error.strerror}")
        return _media(part, path=str(path), size=size)


def _media(part: Part, *, path: str = "", problem: str = "", size: int = 0) -> Media:
    return Media(
        name=part.name[:_NAME_LIMIT],
        media_type=part.media_type[:100],
        size=size or part.size,
        path=path,
        problem=problem,
        voice=part.voice,
    )

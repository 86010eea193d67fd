"""A channel's own private copies of files that came in, until the message that brings them is on disk."""

import asyncio
import contextlib
import errno
import os
import shutil
import stat
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import BinaryIO

from nanoclaw.channels.contract import ChannelError
from nanoclaw.model.chats import IncomingFile

FILE_LIMIT = 25 * 1024 * 1024
"""The largest file taken in, in bytes."""

_FOLDER = "incoming"
_PIECE = 262_144


class FileRefusedError(ChannelError):
    """A file cannot be taken in: too large, not a plain file, or not readable."""


class Spool:
    """A folder of its own below the channel's, mode 700. Names in it are random: none is ever made of what was sent."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / _FOLDER

    def open(self) -> None:
        """Make the folder, empty: what an earlier run left was never confirmed. Blocks.

        Raises:
            ChannelError: it cannot be made.
        """
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ChannelError(
                f"Cannot make {self._folder}: {error.strerror}", hint="Mend its mode, or free some space."
            ) from error

    async def receive(self, name: str, media_type: str, pieces: AsyncIterator[bytes]) -> IncomingFile:
        """Write down a file that comes in pieces; nothing stays of one that breaks off.

        Raises:
            FileRefusedError: it is larger than FILE_LIMIT, or the disk is full.
        """
        path = self._fresh()
        try:
            file = await asyncio.to_thread(_create, path)
            try:
                size = 0
                async for piece in pieces:
                    size += len(piece)
                    if size > FILE_LIMIT:
                        raise _too_large(name)
                    await asyncio.to_thread(file.write, piece)
            finally:
                await asyncio.to_thread(file.close)
        except BaseException as error:
            # Also when the sender goes away or we are stopped: half a file is nothing.
            _remove(path)
            if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
                raise _unwritable(name, error) from error
            raise
        return IncomingFile(name=name, media_type=media_type, path=str(path))

    async def copy(self, source: Path, media_type: str) -> IncomingFile:
        """Take a file of this machine in, under its own name.

        Raises:
            FileRefusedError: it is no plain file, cannot be read, or is larger than FILE_LIMIT.
        """
        path = self._fresh()
        try:
            await asyncio.to_thread(_copy, source, path)
        except OSError as error:
            _remove(path)
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise _unwritable(source.name, error) from error
            raise FileRefusedError(
                f"Cannot read {source}: {error.strerror}", hint="Look at its name and its mode."
            ) from error
        except FileRefusedError:
            _remove(path)
            raise
        return IncomingFile(name=source.name, media_type=media_type, path=str(path))

    def discard(self, files: Iterable[IncomingFile]) -> None:
        """They are kept elsewhere now, or not wanted."""
        for file in files:
            _remove(Path(file.path))

    def _fresh(self) -> Path:
        return self._folder / uuid.uuid4().hex


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def _copy(source: Path, path: Path) -> None:
    # A pipe or a device must not keep us waiting.
    with os.fdopen(os.open(source, os.O_RDONLY | os.O_NONBLOCK), "rb") as given:
        if not stat.S_ISREG(os.fstat(given.fileno()).st_mode):
            raise FileRefusedError(f"{source} is no plain file", hint="Pack a folder into one file first.")
        with _create(path) as file:
            while piece := given.read(_PIECE):
                file.write(piece)
                if file.tell() > FILE_LIMIT:
                    raise _too_large(source.name)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _too_large(name: str) -> FileRefusedError:
    return FileRefusedError(
        f"{name[:100]} is larger than {FILE_LIMIT // 1024 // 1024} MB", hint="Pack it, or send it in parts."
    )


def _unwritable(name: str, error: OSError) -> FileRefusedError:
    return FileRefusedError(f"{name[:100]} cannot be kept: {error.strerror}", hint="Free some space.")

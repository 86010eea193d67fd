"""Folders below a root, reached one component at a time and never through a link.

Agents write in these folders while we read: a path that was a folder may be a link when it is opened. So no path is
ever given to the system whole, which also lets paths be longer than it takes at once.
"""

import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_HELD = 64


class Reach:
    """Descriptors of folders below ``root``, of which the last few are held open. Close it, or use it in ``with``."""

    def __init__(self, root: Path) -> None:
        # The root is the owner's, who may well have made it a link to another disk.
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._held: OrderedDict[tuple[str, ...], int] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every folder."""
        while self._held:
            os.close(self._held.popitem()[1])
        os.close(self._root)

    def folder(self, parts: tuple[str, ...], *, make: bool = False) -> int:
        """The descriptor of a folder, good until the next call; ``make`` makes what is missing, 700.

        Raises:
            OSError: there is none, or a link is in the way.
        """
        start, descriptor = self._nearest(parts)
        for depth in range(start, len(parts)):
            if make:
                _make(parts[depth], descriptor)
            descriptor = os.open(parts[depth], _OPEN, dir_fd=descriptor)
            self._hold(parts[: depth + 1], descriptor)
        return descriptor

    def _nearest(self, parts: tuple[str, ...]) -> tuple[int, int]:
        for depth in range(len(parts), 0, -1):
            if (held := self._held.get(parts[:depth])) is not None:
                self._held.move_to_end(parts[:depth])
                return depth, held
        return 0, self._root

    def _hold(self, parts: tuple[str, ...], descriptor: int) -> None:
        self._held[parts] = descriptor
        while len(self._held) > _HELD:
            os.close(self._held.popitem(last=False)[1])


def split(path: str) -> tuple[tuple[str, ...], str]:
    """A path's folder, in components, and its last component."""
    *folder, name = path.split("/")
    return tuple(folder), name


def read_pieces(descriptor: int, size: int, limit: int) -> Iterator[bytes]:
    """A file's first ``limit`` bytes in pieces of ``size``: one that grows while it is read has an end all the same."""
    left = limit
    while left > 0:
        piece = b""
        while len(piece) < min(size, left):
            more = os.read(descriptor, min(size, left) - len(piece))
            if not more:
                break
            piece += more
        if not piece:
            return
        left -= len(piece)
        yield piece


def _make(name: str, folder: int) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=folder)
    except FileExistsError:
        return

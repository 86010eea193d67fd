"""Look into folders that others write in: through descriptors, never through a link, and not without end."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nanoclaw.operations.backup.reach import Reach
from nanoclaw.operations.cleaning.findings import Find, Identity, Kind, space

MOST_ENTRIES = 200_000
_MOST_BELOW = 20_000
Parts = tuple[str, ...]


class Look:
    """Entries of folders below ``root``; what cannot be read has none."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._reach = Reach(root)

    def close(self) -> None:
        """Let go of every folder."""
        self._reach.close()

    def entries(self, parts: Parts) -> list[tuple[str, os.stat_result]]:
        """Names of a folder and what they are, links as links; as many as an honest folder has."""
        found: list[tuple[str, os.stat_result]] = []
        with suppress(OSError), os.scandir(self._reach.folder(parts)) as entries:
            for entry in entries:
                with suppress(OSError):
                    found.append((entry.name, entry.stat(follow_symlinks=False)))
                if len(found) >= MOST_ENTRIES:
                    break
        return sorted(found, key=lambda one: one[0])

    def folders(self, parts: Parts) -> list[str]:
        """Names of the folders in a folder."""
        return [name for name, found in self.entries(parts) if stat.S_ISDIR(found.st_mode)]

    def file(self, kind: Kind, parts: Parts, found: os.stat_result) -> Find:
        """A file that can go."""
        identity = Identity.of(found)
        return Find(kind=kind, root=self.root, parts=parts, bytes=space(found), folder=False, identity=identity)

    def tree(self, kind: Kind, parts: Parts, found: os.stat_result, before: float) -> Find | None:
        """A folder that can go with all that is in it; None when something in it is young, or it is too large to tell.

        ``before`` is a POSIX time: nothing in it may have changed since.
        """
        total = space(found)
        newest = 0.0
        for entry in self._below(parts):
            if entry is None:
                return None
            total += space(entry)
            if not stat.S_ISDIR(entry.st_mode):
                newest = max(newest, entry.st_mtime)
        if (newest or found.st_mtime) >= before:
            return None
        identity = Identity.of(found)
        return Find(kind=kind, root=self.root, parts=parts, bytes=total, folder=True, identity=identity)

    def _below(self, parts: Parts) -> Iterator[os.stat_result | None]:
        """Everything in a folder; None when it has more than anybody looks at."""
        waiting, count = [parts], 0
        while waiting:
            folder = waiting.pop()
            for name, found in self.entries(folder):
                count += 1
                if count > _MOST_BELOW:
                    yield None
                    return
                yield found
                if stat.S_ISDIR(found.st_mode):
                    waiting.append((*folder, name))

"""Where the space goes: the parts of a home, each counted for a bounded time, without a link followed."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from nanoclaw.settings.home import Home
from nanoclaw.store.files import INDEX, log_of

_BLOCK = 512
_LOOKS = 256
"""Entries between two looks at the clock."""


class Area(StrEnum):
    """What a part of a home is."""

    DATABASE = "database"
    LOGINS = "logins"
    GROUP = "group"
    CONVERSATIONS = "conversations"
    OUTGOING = "sent files"
    SANDBOX = "sandbox files"
    LOGS = "logs"
    BACKUPS = "backups"
    REPLACED = "replaced"
    UPGRADES = "upgrades"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a home: bytes on disk, files and folders. Not ``complete``: there was no time to count all of it."""

    area: Area
    name: str
    bytes: int = 0
    entries: int = 0
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A home's parts, and the disk that it is on."""

    parts: tuple[Part, ...]
    free: int
    disk: int

    @property
    def bytes(self) -> int:
        """All parts together."""
        return sum(part.bytes for part in self.parts)

    @property
    def complete(self) -> bool:
        """Everything was counted."""
        return all(part.complete for part in self.parts)


def measure(home: Home, clock: Callable[[], float], seconds: float) -> Space:
    """Count for so many seconds at most, each part its share of what is left. Blocks.

    A file with several names counts once. Other disks and what links lead to are not counted.

    Raises:
        OSError: the home cannot be read.
    """
    device = home.root.stat().st_dev
    wanted = tuple(_areas(home))
    counter = _Counter(device, clock)
    ends = clock() + seconds
    parts = []
    for number, (area, name, roots) in enumerate(wanted):
        share = max(0.0, ends - clock()) / (len(wanted) - number)
        parts.append(counter.count(area, name, roots, clock() + share))
    usage = shutil.disk_usage(home.root)
    return Space(parts=tuple(parts), free=usage.free, disk=usage.total)


def _areas(home: Home) -> Iterator[tuple[Area, str, tuple[Path, ...]]]:
    """What is counted together. The many and large come last, so that the others are complete."""
    for database in (home.database, home.task_database):
        yield Area.DATABASE, database.name, (database,)
        log = log_of(database)
        yield Area.DATABASE, log.name, (log, database.with_name(f"{database.name}{INDEX}"))
    data = home.root / "data"
    yield Area.LOGINS, "store/auth", (home.database.parent / "auth",)
    yield Area.LOGS, "logs", (home.log.parent,)
    yield Area.OUTGOING, "data/outgoing", (home.outgoing,)
    yield Area.SANDBOX, "data/image", (home.image_cache,)
    yield Area.REPLACED, "replaced", (home.root / "replaced",)
    yield Area.UPGRADES, "upgrades", (home.root / "upgrades",)
    yield Area.BACKUPS, "backups", (home.backups,)
    named = {home.log.parent, home.groups, home.backups, home.database.parent, data}
    named |= {home.root / "replaced", home.root / "upgrades"}
    rest = [path for path in _inside(home.root) if path not in named]
    rest += [path for path in _inside(data) if path not in {home.outgoing, home.image_cache, data / "sessions"}]
    yield Area.OTHER, "other", tuple(rest)
    for group in _inside(home.groups):
        yield Area.GROUP, group.name, (group,)
    for sessions in _inside(data / "sessions"):
        yield Area.CONVERSATIONS, sessions.name, (sessions,)


def _inside(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries)
    except OSError:
        return []


class _Counter:
    """Counts trees of any depth, with a stack instead of recursion."""

    def __init__(self, device: int, clock: Callable[[], float]) -> None:
        self._device = device
        self._clock = clock
        self._seen: set[tuple[int, int]] = set()
        self._missed = False

    def count(self, area: Area, name: str, roots: tuple[Path, ...], ends: float) -> Part:
        """Everything at and below some places."""
        size = entries = 0
        complete, self._missed = True, False
        for found in self._walk(roots):
            entries += 1
            size += self._space(found)
            if entries % _LOOKS == 0 and self._clock() >= ends:
                complete = False
                break
        return Part(area=area, name=name, bytes=size, entries=entries, complete=complete and not self._missed)

    def _walk(self, roots: tuple[Path, ...]) -> Iterator[os.stat_result]:
        waiting: list[str] = []
        for root in roots:
            with self._missing():
                found = root.lstat()
                yield found
                if self._is_ours(found):
                    waiting.append(os.fspath(root))
        while waiting:
            with self._missing(), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    with self._missing():
                        found = entry.stat(follow_symlinks=False)
                        yield found
                        if self._is_ours(found):
                            waiting.append(entry.path)

    @contextmanager
    def _missing(self) -> Iterator[None]:
        """What vanished is not counted; what is there and cannot be reached, such as a path too long, is missed."""
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError:
            self._missed = True

    def _is_ours(self, found: os.stat_result) -> bool:
        return stat.S_ISDIR(found.st_mode) and found.st_dev == self._device

    def _space(self, found: os.stat_result) -> int:
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            if (found.st_dev, found.st_ino) in self._seen:
                return 0
            self._seen.add((found.st_dev, found.st_ino))
        return found.st_blocks * _BLOCK

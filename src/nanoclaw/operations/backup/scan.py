"""What is in a folder that others may write to: found without recursion, with a bound on everything."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from nanoclaw.operations.backup.reach import Reach
from nanoclaw.operations.backup.snapshot import EntryType, Skipped, Stamp

LONGEST_PATH = 4096
"""Bytes. Longer paths exist, but nothing opens them in one step."""
_MOST_ENTRIES = 2_000_000
_MOST_TOLD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A path of one source, as it was when its folder was read."""

    parts: tuple[str, ...]
    """Below the source; none for the source itself."""
    type: EntryType
    mode: int
    stamp: Stamp
    target: str = ""


@dataclass(slots=True)
class Omissions:
    """What is left out; the first two hundred by name."""

    told: list[Skipped] = field(default_factory=list)
    count: int = 0

    def note(self, path: str, why: str) -> None:
        """One more."""
        self.count += 1
        if len(self.told) < _MOST_TOLD:
            self.told.append(Skipped(path=path, why=why))

    def all(self) -> tuple[Skipped, ...]:
        """Those that are told, and how many are not."""
        more = self.count - len(self.told)
        return (*self.told, *((Skipped(path="…", why=f"and {more:,} more"),) if more else ()))


def scan(root: Path, prefix: str, omissions: Omissions) -> Iterator[Found]:
    """Everything below ``root``, folders before what is in them; nothing where there is no root.

    Sockets, pipes and devices are left out silently: they are no data. Links are told as links, never followed.
    """
    try:
        reach = Reach(root)
    except FileNotFoundError:
        return
    except OSError as error:
        omissions.note(prefix, error.strerror or "cannot be read")
        return
    with reach:
        yield Found(parts=(), type=EntryType.FOLDER, mode=0o700, stamp=stamp_of(root.stat()))
        yield from _below(reach, prefix, omissions)


def _below(reach: Reach, prefix: str, omissions: Omissions) -> Iterator[Found]:
    left = _MOST_ENTRIES
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        folder = waiting.pop()
        try:
            found, full = _look(reach.folder(folder), folder, left)
        except OSError as error:
            omissions.note("/".join((prefix, *folder)), error.strerror or "cannot be read")
            continue
        if full:
            omissions.note("/".join((prefix, *folder)), f"more than {_MOST_ENTRIES:,} files and folders")
        left -= len(found)
        for one in found:
            if len(os.fsencode("/".join((prefix, *one.parts)))) > LONGEST_PATH:
                omissions.note("/".join((prefix, *one.parts[:8])) + "/…", f"longer than {LONGEST_PATH} bytes")
                continue
            yield one
            if one.type is EntryType.FOLDER:
                waiting.append(one.parts)


def stamp_of(status: os.stat_result) -> Stamp:
    """How a file looks."""
    return Stamp(size=status.st_size, modified=status.st_mtime_ns, changed=status.st_ctime_ns, inode=status.st_ino)


def _look(descriptor: int, folder: tuple[str, ...], limit: int) -> tuple[list[Found], bool]:
    found = []
    with os.scandir(descriptor) as entries:
        for entry in islice(entries, limit):
            one = _found(entry, folder, descriptor)
            if one is not None:
                found.append(one)
        full = next(entries, None) is not None
    return sorted(found, key=lambda one: one.parts), full


def _found(entry: "os.DirEntry[str]", folder: tuple[str, ...], descriptor: int) -> Found | None:
    try:
        status = entry.stat(follow_symlinks=False)
        kind = _type(status.st_mode)
        if kind is None:
            return None
        target = os.readlink(entry.name, dir_fd=descriptor) if kind is EntryType.LINK else ""
    except OSError:
        return None  # It went away between two looks.
    return Found(
        parts=(*folder, entry.name),
        type=kind,
        mode=stat.S_IMODE(status.st_mode),
        stamp=stamp_of(status),
        target=target,
    )


def _type(mode: int) -> EntryType | None:
    if stat.S_ISREG(mode):
        return EntryType.FILE
    if stat.S_ISDIR(mode):
        return EntryType.FOLDER
    return EntryType.LINK if stat.S_ISLNK(mode) else None

"""Copies a tree into the home: plain files only, through no link on either side, over nothing that is there."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nanoclaw.operations.backup.reach import Reach
from nanoclaw.operations.imports.errors import ImportSourceError
from nanoclaw.operations.imports.report import Report

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 2**20
_PARTIAL = ".nanoclaw-import"

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """What is copied where: folders below two roots. ``wanted`` says of a path below ``source`` whether it is."""

    source: Parts
    target: Parts
    wanted: Callable[[Parts], bool]
    counted: str
    """What a file is called in the report's counts."""


def copy_tree(reach: Reach, home: Path, copying: Copying, report: Report) -> tuple[str, ...]:
    """Copy what is not there yet; the names of files that are there then, below ``source``.

    In a dry run nothing is written, and what would be is counted.

    Raises:
        ImportSourceError: the home cannot be written, such as for want of room.
    """
    there: list[str] = []
    try:
        with Reach(home) as into:
            for parts, name in _walk(reach, copying, report):
                if _copy(reach, into, copying, (parts, name), report):
                    there.append("/".join((*parts, name)))
    except OSError as error:
        raise ImportSourceError(
            f"Cannot copy files into {home}: {error.strerror}",
            hint="What was copied is whole. Mend that and run the same command again: it goes on.",
        ) from error
    return tuple(there)


def _walk(reach: Reach, copying: Copying, report: Report) -> Iterator[tuple[Parts, str]]:
    """Each plain file that is wanted: its folder below ``source``, and its name."""
    waiting: list[Parts] = [()]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(reach.folder((*copying.source, *folder))) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            report.leave_out("folders", _why(error), "/".join((*copying.source, *folder)))
            continue
        for entry in entries:
            path = (*folder, entry.name)
            if not copying.wanted(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield folder, entry.name
            else:
                kind = "a link" if entry.is_symlink() else "no plain file"
                report.leave_out("files", kind, "/".join((*copying.source, *path)))


def _copy(reach: Reach, into: Reach, copying: Copying, path: tuple[Parts, str], report: Report) -> bool:
    """Copy one file; whether it is there now."""
    folder, name = path
    shown = "/".join((*copying.source, *folder, name))
    try:
        source = os.open(name, _FILE, dir_fd=reach.folder((*copying.source, *folder)))
    except OSError as error:
        report.leave_out("files", _why(error), shown)
        return False
    with os.fdopen(source, "rb") as reading:
        status = os.fstat(source)
        if not stat.S_ISREG(status.st_mode):
            report.leave_out("files", "no plain file", shown)
            return False
        try:
            target = into.folder((*copying.target, *folder), make=not report.dry_run)
        except FileNotFoundError:
            target = -1
        except NotADirectoryError:
            report.leave_out("files", "something else is in its place here", shown)
            return False
        if target >= 0 and _is_there(name, target):
            return _compare(reading, target, name, shown, report)
        if not report.dry_run:
            _write(reading, target, name, executable=bool(status.st_mode & 0o100))
        report.count(copying.counted)
        report.count("bytes", status.st_size)
        return True


def _compare(reading: BinaryIO, target: int, name: str, shown: str, report: Report) -> bool:
    """What is there stays; whether it is the same."""
    with suppress(OSError):
        other = os.open(name, _FILE, dir_fd=target)
        with os.fdopen(other, "rb") as here:
            plain = stat.S_ISREG(os.fstat(other).st_mode)
            while plain and (piece := reading.read(_PIECE)) == here.read(_PIECE):
                if not piece:
                    report.count("known_files")
                    return True
    report.leave_out("files", "another is in its place here", shown)
    return False


def _write(reading: BinaryIO, folder: int, name: str, *, executable: bool) -> None:
    """Whole or not at all. No agent runs, so nobody takes the name meanwhile."""
    new = os.open(_PARTIAL, _NEW, 0o700 if executable else 0o600, dir_fd=folder)
    try:
        with os.fdopen(new, "wb") as writing:
            while piece := reading.read(_PIECE):
                writing.write(piece)
    except OSError:
        os.unlink(_PARTIAL, dir_fd=folder)
        raise
    os.rename(_PARTIAL, name, src_dir_fd=folder, dst_dir_fd=folder)


def _is_there(name: str, folder: int) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _why(error: OSError) -> str:
    return (error.strerror or "cannot be read").lower()

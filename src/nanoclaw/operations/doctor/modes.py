"""Which files and folders others on this machine could reach."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.doctor.contract import Finding, Words, error, fine
from nanoclaw.operations.doctor.fixes.restrict import restrict
from nanoclaw.settings.home import Home

_OTHERS = 0o077
MOST = 50_000
"""Entries looked at in one walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """A place with a mode that lets others in."""

    path: Path
    mode: int


def agents_own(home: Home) -> tuple[Path, ...]:
    """Folders whose insides are not walked: agents make them as they like, and 700 on the folder itself closes them.

    ``data/image`` holds what sandboxes must be able to read, none of it private; ``backups/chunks`` may hold a million
    files, all of them made by one function with mode 600.
    """
    return (home.groups, home.root / "data" / "sessions", home.image_cache, home.backups / "chunks")


def walk(root: Path, closed: Iterable[Path] = ()) -> Iterator[Path]:
    """A folder and everything in it, links not followed. Of folders right below ``closed`` only they themselves."""
    shut = set(closed)
    waiting, count = [root], 0
    yield root
    while waiting and count < MOST:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # gone meanwhile; or closed to us, which its owner's check says
        for entry in entries:
            count += 1
            yield Path(entry.path)
            if folder not in shut and entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))


def find_loose(paths: Iterable[Path]) -> tuple[Loose, ...]:
    """Those of the paths that exist, are no links, and let others in."""
    found = []
    for path in paths:
        try:
            state = path.lstat()
        except (FileNotFoundError, PermissionError):
            continue
        if not stat.S_ISLNK(state.st_mode) and state.st_mode & _OTHERS:
            found.append(Loose(path=path, mode=stat.S_IMODE(state.st_mode)))
    return tuple(found)


def judge_modes(loose: tuple[Loose, ...], home: Home, good: Words) -> list[Finding]:
    """One finding about them all, with the fix."""
    if not loose:
        return [fine(good)]
    shown = ", ".join(f"{_short(one.path, home)} ({one.mode:03o})" for one in loose[:3])
    rest = len(loose) - 3
    more, more_zh = (f" and {rest} more", f" 等共 {len(loose)} 处") if rest > 0 else ("", "")
    return [
        error(
            Words(f"others can reach {shown}{more}", f"其他用户可访问 {shown}{more_zh}"),
            Words("Set folders to 700 and files to 600.", "请将目录设为 700，文件设为 600。"),
            restrict(tuple(one.path for one in loose)),
        )
    ]


def _short(path: Path, home: Home) -> str:
    return str(path.relative_to(home.root)) if home.root in path.parents else str(path)

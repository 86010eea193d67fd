"""Close files and folders to everybody but their owner."""

import asyncio
import stat
from pathlib import Path

from nanoclaw.operations.doctor.contract import Fix, Words


def restrict(paths: tuple[Path, ...]) -> Fix:
    """Take from group and others whatever the modes give them. The owner's own rights stay, links are left alone."""
    return Fix(
        description=Words("close them to everybody else", "收紧权限，仅限所有者访问"),
        apply=lambda: asyncio.to_thread(_restrict, paths),
    )


def _restrict(paths: tuple[Path, ...]) -> tuple[Words, ...]:
    done = []
    for path in paths:
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(mode) or not mode & 0o077:
            continue
        path.chmod(stat.S_IMODE(mode) & ~0o077)
        before, after = stat.S_IMODE(mode), stat.S_IMODE(path.lstat().st_mode)
        done.append(Words(f"{path}: mode {before:03o} → {after:03o}", f"{path}：权限 {before:03o} → {after:03o}"))
    return tuple(done)

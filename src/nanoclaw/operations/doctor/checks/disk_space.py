"""The disk of the home has room."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground

LEAST = 1024**3
_FULL_PERCENT = 90
_LEAST_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A file system. ``free_files`` is None where it makes as many as it likes."""

    free: int
    total: int
    free_files: int | None


def judge(room: Room) -> Finding:
    """Whether there is enough of it."""
    used = round(100 * (1 - room.free / room.total)) if room.total else 100
    free = f"{room.free / 1024**3:.1f} GiB"
    todo = Words(
        "Free some: `nanoclaw clean`, and the engine's own images and logs.",
        "请清理空间：`nanoclaw clean`，以及容器引擎的镜像和日志。",
    )
    if room.free < LEAST:
        return error(Words(f"{free} free; 1 GiB is the least", f"仅剩 {free}，至少需要 1 GiB"), todo)
    if room.free_files is not None and room.free_files < _LEAST_FILES:
        return error(
            Words(f"room for {room.free_files} more files only", f"仅能再创建 {room.free_files} 个文件（inode 不足）"),
            todo,
        )
    if used > _FULL_PERCENT:
        return warning(Words(f"{free} free, {used} % used", f"剩余 {free}，已用 {used}%"), todo)
    return fine(Words(f"{free} free, {used} % used", f"剩余 {free}，已用 {used}%"))


def measure(path: Path) -> Room:
    """The file system of a path, or of what exists above it."""
    place = next(place for place in (path, *path.parents) if place.exists())
    found = os.statvfs(place)
    return Room(
        free=found.f_bavail * found.f_frsize,
        total=found.f_blocks * found.f_frsize,
        free_files=found.f_favail if found.f_files else None,
    )


async def _look(ground: Ground) -> Sequence[Finding]:
    return [judge(await asyncio.to_thread(measure, ground.home.root))]


DISK_SPACE = Check(
    id="disk-space",
    section=Section.STORAGE,
    title=Words("Disk space", "磁盘空间"),
    why=Words("On a full disk no message can be taken in.", "磁盘写满后无法接收任何消息。"),
    look=_look,
)

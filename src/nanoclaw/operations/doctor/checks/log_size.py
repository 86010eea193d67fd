"""Logs are rotated: together they stay within what the settings allow."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, fine, warning
from nanoclaw.operations.doctor.ground import Ground

_SLACK = 1024**2
_GATEWAY = 60 * 1024**2
"""Its audit log rotates at 10 MiB, five old ones are kept."""


def measure(folder: Path) -> dict[str, int]:
    """Bytes by the name of the log: its rotated files count with it."""
    sizes: dict[str, int] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            name = path.name.partition(".log")[0]
            sizes[name] = sizes.get(name, 0) + path.stat().st_size
    return sizes


def judge(sizes: dict[str, int], most: int) -> list[Finding]:
    """``most``: bytes that the daemon's own log and its rotated files may have."""
    limits = {"nanoclaw": most, "gateway": _GATEWAY}
    over = {name: size for name, size in sizes.items() if size > limits.get(name, most) + _SLACK}
    return [
        warning(
            Words(
                f"{name} takes {size >> 20} MiB; it is not being rotated", f"{name} 已占 {size >> 20} MiB，未按设置轮转"
            ),
            Words(
                "See [log] in config.toml; `nanoclaw clean` removes old logs.",
                "请检查 config.toml 的 [log]；可用 `nanoclaw clean` 清理旧日志。",
            ),
        )
        for name, size in sorted(over.items())
    ]


async def _look(ground: Ground) -> Sequence[Finding]:
    settings, folder = ground.known_settings(), ground.existing_home().log.parent
    most = settings.log.file_mib * settings.log.files * 1024**2
    sizes = await asyncio.to_thread(measure, folder)
    total = sum(sizes.values()) / 1024**2
    return judge(sizes, most) or [
        fine(
            Words(
                f"{total:.1f} MiB; rotated at {settings.log.file_mib} MiB, {settings.log.files} files",
                f"共 {total:.1f} MiB；每 {settings.log.file_mib} MiB 轮转，保留 {settings.log.files} 个文件",
            )
        )
    ]


LOG_SIZE = Check(
    id="log-size",
    section=Section.STORAGE,
    title=Words("Log rotation", "日志轮转"),
    why=Words("Logs that are not rotated fill the disk.", "日志不轮转会占满磁盘。"),
    look=_look,
)

"""The folders of the home are there, and can be read and written."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.fixes.folders import make_folders
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.secrets import names
from nanoclaw.settings.home import Home

READ_ONLY = Words("the file system of the home is read-only", "主目录所在的文件系统为只读")
REMOUNT = Words(
    "Mount it so that it can be written. If it became so by itself, its disk may be failing: `dmesg` says why.",
    "请以可写方式重新挂载；若自行变为只读，磁盘可能有故障，原因见 `dmesg`。",
)


async def _look(ground: Ground) -> Sequence[Finding]:
    return await asyncio.to_thread(_look_at, ground.home)


def _look_at(home: Home) -> list[Finding]:
    if not _exists(home.root):
        return [
            warning(
                Words(f"there is no home folder {home.root} yet", f"主目录 {home.root} 尚未创建"),
                Words(
                    "`nanoclaw chat` makes it; or name another with --home.",
                    "`nanoclaw chat` 会创建它；也可用 --home 指定其他目录。",
                ),
                make_folders(home),
            )
        ]
    closed = [folder for folder in home.folders if _exists(folder) and not _usable(folder)]
    if closed and is_read_only(closed[0]):
        return [error(READ_ONLY, REMOUNT)]
    if closed:
        return [
            error(
                Words(f"cannot be read and written: {names(closed)}", f"无法读写：{names(closed)}"),
                Words(
                    "Give them to the user that runs nanoclaw, mode 700.",
                    "请将其所有者改为运行 nanoclaw 的用户，权限设为 700。",
                ),
            )
        ]
    missing = [folder for folder in home.folders if not _exists(folder)]
    if missing:
        return [
            error(
                Words(f"missing: {names(missing)}", f"缺失：{names(missing)}"),
                Words("The next start makes them too.", "下次启动时也会自动创建。"),
                make_folders(home),
            )
        ]
    return [
        fine(Words(f"all {len(home.folders)} there, readable and writable", f"{len(home.folders)} 个目录齐全且可读写"))
    ]


def _exists(folder: Path) -> bool:
    try:
        return folder.exists()
    except PermissionError:
        return True  # closed to us, which is not the same as missing


def is_read_only(folder: Path) -> bool:
    """Whether its file system takes no writes, whoever asks."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _usable(folder: Path) -> bool:
    try:
        return folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    except PermissionError:
        return False


FOLDERS = Check(
    id="folders",
    section=Section.CONFIGURATION,
    title=Words("Folders", "目录结构"),
    why=Words("Messages, memory and logs lie there.", "消息、记忆和日志都保存在其中。"),
    look=_look,
)

"""The folder of sockets can be written, and nothing stale lies in it."""

import asyncio
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.checks.folders import READ_ONLY, REMOUNT, is_read_only
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.fixes.folders import make_folders
from nanoclaw.operations.doctor.fixes.sockets import remove_sockets
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.listening import is_stale
from nanoclaw.operations.doctor.modes import walk
from nanoclaw.settings.home import Home


async def _look(ground: Ground) -> Sequence[Finding]:
    return await asyncio.to_thread(_look_at, ground.existing_home())


def _look_at(home: Home) -> list[Finding]:
    folder = home.ipc
    if not folder.is_dir():
        return [
            error(
                Words(f"{folder} is missing", f"{folder} 不存在"),
                Words("The next start makes it too.", "下次启动时也会自动创建。"),
                make_folders(home),
            )
        ]
    if is_read_only(folder):
        return [error(READ_ONLY, REMOUNT)]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [
            error(
                Words(f"{folder} cannot be written", f"{folder} 不可写"),
                Words("Give it to the user that runs nanoclaw.", "请将其所有者改为运行 nanoclaw 的用户。"),
            )
        ]
    sockets = [path for path in walk(folder) if _is_socket(path)]
    stale = tuple(path for path in sockets if is_stale(path))
    if stale:
        return [
            warning(
                Words(f"sockets on which nobody listens: {len(stale)}", f"{len(stale)} 个套接字已无人监听"),
                Words("Remove them; those of living agents are kept.", "请清理；正在运行的智能体的套接字会保留。"),
                remove_sockets(stale),
            )
        ]
    return [fine(Words(f"writable; sockets in use: {len(sockets)}", f"可写；正在使用的套接字 {len(sockets)} 个"))]


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False


IPC = Check(
    id="ipc",
    section=Section.CONFIGURATION,
    title=Words("Sockets (data/ipc)", "IPC 目录"),
    why=Words("Commands and agents reach the assistant through it.", "命令行和智能体都通过它与助手通信。"),
    look=_look,
)

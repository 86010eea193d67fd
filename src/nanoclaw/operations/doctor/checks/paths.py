"""Every path in use is absolute, and short enough for sockets."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import nanoclaw
from nanoclaw.model.groups import GroupFolder
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.settings.home import Home

_LONGEST_SOCKET = {"linux": 4_000, "darwin": 103}
"""Linux reaches sockets through a descriptor of their folder; elsewhere an address holds 103 bytes."""


async def _look(ground: Ground) -> Sequence[Finding]:
    return judge(ground.home, Path(sys.executable), Path(nanoclaw.__file__), sys.platform)


def judge(home: Home, python: Path, program: Path, platform: str) -> list[Finding]:
    """What is wrong with these paths on that system."""
    found = [
        error(
            Words(f"the path of {name} is not absolute: {path}", f"{name_zh}不是绝对路径：{path}"),
            Words("Name it from the root on.", "请使用以 / 开头的完整路径。"),
        )
        for name, name_zh, path in (
            ("the home", "主目录", home.root),
            ("Python", "Python 解释器", python),
            ("the program", "程序", program),
        )
        if not path.is_absolute()
    ]
    socket = home.gateway(GroupFolder("g" * 30)) / "model.sock"
    length, most = len(os.fsencode(socket)), _LONGEST_SOCKET.get(platform, 103)
    if length > most:
        found.append(
            error(
                Words(
                    f"sockets in the home would have paths of {length} bytes; {most} is the most here",
                    f"主目录路径过长：套接字路径将达 {length} 字节，本系统上限为 {most}",
                ),
                Words("Choose a home with a shorter path.", "请选择路径更短的主目录。"),
            )
        )
    return found or [fine(Words(f"absolute; home {home.root}", f"均为绝对路径；主目录 {home.root}"))]


PATHS = Check(
    id="paths",
    section=Section.CONFIGURATION,
    title=Words("Absolute paths", "绝对路径"),
    why=Words(
        "A service starts elsewhere than you do: a relative path leads to another place.",
        "服务启动时的工作目录与手动运行不同，相对路径会指向别处。",
    ),
    look=_look,
)

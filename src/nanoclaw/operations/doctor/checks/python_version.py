"""The interpreter is one that this program is made for."""

import platform
import sys
from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground

OLDEST = (3, 11)


def judge(version: tuple[int, int]) -> Finding:
    """What a version of Python is worth here."""
    shown = ".".join(map(str, version))
    if version >= OLDEST:
        return fine(Words(f"{platform.python_implementation()} {shown}", f"{platform.python_implementation()} {shown}"))
    least = ".".join(map(str, OLDEST))
    return error(
        Words(f"this is Python {shown}", f"当前为 Python {shown}"),
        Words(
            f"Install Python {least} or later, and remove .venv.", f"请安装 Python {least} 或更高版本，并删除 .venv。"
        ),
    )


async def _look(_ground: Ground) -> Sequence[Finding]:
    return [judge(sys.version_info[:2])]


PYTHON_VERSION = Check(
    id="python-version",
    section=Section.PREFLIGHT,
    title=Words("Python", "Python 版本"),
    why=Words("Older versions lack what the program is written in.", "旧版本缺少程序所需的语言特性。"),
    look=_look,
)

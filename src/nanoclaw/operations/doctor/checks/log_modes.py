"""The logs are closed to others."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.modes import find_loose, judge_modes, walk
from nanoclaw.settings.home import Home


def places(home: Home) -> list[Path]:
    """What is looked at."""
    return list(walk(home.log.parent))


async def _look(ground: Ground) -> Sequence[Finding]:
    home = ground.existing_home()
    loose = await asyncio.to_thread(lambda: find_loose(places(home)))
    return judge_modes(loose, home, Words("700 and 600", "目录 700，文件 600"))


LOG_MODES = Check(
    id="log-modes",
    section=Section.SECURITY,
    title=Words("Logs private", "日志文件权限"),
    why=Words("Logs tell who wrote when, and what was reached.", "日志会暴露谁在何时发言、访问过什么。"),
    look=_look,
)

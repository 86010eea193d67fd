"""The databases, with the files that SQLite keeps beside them, are closed to others."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.modes import find_loose, judge_modes
from nanoclaw.settings.home import Home


def places(home: Home) -> list[Path]:
    """What is looked at."""
    return [home.database.parent, *home.database.parent.glob("*.db*")]


async def _look(ground: Ground) -> Sequence[Finding]:
    home = ground.existing_home()
    loose = await asyncio.to_thread(lambda: find_loose(places(home)))
    return judge_modes(loose, home, Words("600, with their -wal and -shm", "均为 600（含 -wal 与 -shm）"))


DATABASE_MODES = Check(
    id="database-modes",
    section=Section.SECURITY,
    title=Words("Databases private", "数据库文件权限"),
    why=Words("Every message is in there, and in the logs beside it.", "所有消息都在数据库及其 WAL 日志文件中。"),
    look=_look,
)

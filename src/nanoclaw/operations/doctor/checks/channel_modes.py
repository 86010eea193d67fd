"""What channels keep to sign in with is closed to others."""

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
    return list(walk(home.channel("")))


async def _look(ground: Ground) -> Sequence[Finding]:
    home = ground.existing_home()
    loose = await asyncio.to_thread(lambda: find_loose(places(home)))
    return judge_modes(loose, home, Words("store/auth is yours alone", "store/auth 仅所有者可访问"))


CHANNEL_MODES = Check(
    id="channel-modes",
    section=Section.SECURITY,
    title=Words("Channel sessions private", "渠道会话文件权限"),
    why=Words("Whoever can read a session is you, on that network.", "谁能读取会话文件，谁就能以你的身份登录该渠道。"),
    look=_look,
)

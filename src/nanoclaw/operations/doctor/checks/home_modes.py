"""Everything else under the home is closed to others."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, skipped
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.modes import MOST, agents_own, find_loose, judge_modes, walk
from nanoclaw.settings.home import Home


def places(home: Home) -> list[Path]:
    """What is looked at."""
    elsewhere = {home.config, home.env_file, home.database.parent, home.log.parent}
    inside = (path for path in walk(home.root, agents_own(home)) if not elsewhere & {path, *path.parents})
    return list(inside)


async def _look(ground: Ground) -> Sequence[Finding]:
    home = ground.existing_home()
    found = await asyncio.to_thread(places, home)
    loose = await asyncio.to_thread(find_loose, found)
    if not loose and len(found) >= MOST:
        return [skipped(Words(f"only the first {MOST} files were looked at: fine", f"仅检查了前 {MOST} 个文件：正常"))]
    return judge_modes(loose, home, Words("everything in it is yours alone", "所有内容仅所有者可访问"))


HOME_MODES = Check(
    id="home-modes",
    section=Section.SECURITY,
    title=Words("Home folder private", "主目录权限"),
    why=Words(
        "Other users of this machine could read your messages and act as you.",
        "同一台机器上的其他用户可能读取消息，甚至冒充你。",
    ),
    look=_look,
)

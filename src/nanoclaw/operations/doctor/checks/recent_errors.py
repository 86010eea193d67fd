"""Nothing went wrong lately that the owner has not looked at."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.store.groups import Trouble
from nanoclaw.store.survey import read_troubles

_DAY_MS = 86_400_000
_MOST = 100


def judge(troubles: Sequence[Trouble], crashes: int, now: Milliseconds) -> list[Finding]:
    """``troubles`` newest first; ``crashes``: crash reports of the last day."""
    fresh = [trouble for trouble in troubles if trouble.at > now - _DAY_MS]
    findings = []
    if fresh:
        findings.append(
            warning(
                Words(
                    f"errors in a day: {len(fresh)}, the newest: {fresh[0].what}",
                    f"24 小时内有 {len(fresh)} 个错误，最近一个：{fresh[0].what}",
                ),
                Words(fresh[0].hint or "`nanoclaw status` lists them.", "详情见 `nanoclaw status`。"),
            )
        )
    if crashes:
        findings.append(
            warning(
                Words(f"crash reports in a day: {crashes}", f"24 小时内有 {crashes} 份崩溃报告"),
                Words("Look at logs/crash-*.txt, and report them.", "请查看 logs/crash-*.txt 并反馈。"),
            )
        )
    return findings


def _crashes(folder: Path, now: Milliseconds) -> int:
    if not folder.is_dir():
        return 0
    return sum(1 for path in folder.glob("crash-*.txt") if path.lstat().st_mtime * 1000 > now - _DAY_MS)


async def _look(ground: Ground) -> Sequence[Finding]:
    home, now = ground.existing_home(), ground.clock.now()
    if not home.database.exists():
        raise NotKnownError(Words("there is no database yet", "数据库尚未创建"))
    troubles = await asyncio.to_thread(read_troubles, home.database, _MOST)
    crashes = await asyncio.to_thread(_crashes, home.log.parent, now)
    return judge(troubles, crashes, now) or [fine(Words("none in a day", "24 小时内没有错误"))]


RECENT_ERRORS = Check(
    id="recent-errors",
    section=Section.MONITORING,
    title=Words("Errors of the last day", "近期错误"),
    why=Words("They are what went wrong for somebody.", "每个错误都意味着有人没有得到应有的回答。"),
    look=_look,
)

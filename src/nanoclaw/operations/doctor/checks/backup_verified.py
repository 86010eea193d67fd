"""Backups were read again and restored on trial, not long ago, and were sound."""

import asyncio
from collections.abc import Sequence

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.state import DRILL, VERIFY, Outcome, read_outcome
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground

_DAY_MS = 86_400_000
_OLD_DAYS = 8
"""The assistant does both once a week."""


def judge(what: Words, command: str, last: Outcome | None, now: Milliseconds) -> Finding:
    """What the last time of a verification or a drill tells."""
    todo = Words(f"Run `{command}`.", f"运行 `{command}`。")
    if last is None:
        return warning(Words(f"{what.en}: never yet", f"{what.zh}：从未进行"), todo)
    if not last.ok:
        return error(Words(f"{what.en} failed: {last.text}", f"{what.zh}未通过：{last.text}"), todo)
    days = max(0, now - last.at) // _DAY_MS
    if days > _OLD_DAYS:
        return warning(Words(f"{what.en}: {days} days ago", f"{what.zh}：{days} 天前"), todo)
    return fine(Words(f"{what.en}: sound, {days} days ago", f"{what.zh}：{days} 天前，正常"))


async def _look(ground: Ground) -> Sequence[Finding]:
    home, now = ground.existing_home(), ground.clock.now()
    verified, drilled = await asyncio.gather(
        asyncio.to_thread(read_outcome, home, VERIFY), asyncio.to_thread(read_outcome, home, DRILL)
    )
    return [
        judge(Words("read again", "校验"), "nanoclaw backup verify", verified, now),
        judge(Words("restored on trial", "恢复演练"), "nanoclaw backup drill", drilled, now),
    ]


BACKUP_VERIFIED = Check(
    id="backup-verified",
    section=Section.BACKUP,
    title=Words("Backups verified", "备份有效性"),
    why=Words("A backup that was never restored is a hope.", "从未恢复过的备份只是一种希望。"),
    look=_look,
)

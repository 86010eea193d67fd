"""There is a backup, and it is not old."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.snapshot import Kind, SnapshotName
from nanoclaw.operations.backup.vault import FolderVault
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground

HOUR_MS = 3_600_000
_FRESH_HOURS, _OLD_HOURS = 3, 26
_MAKE = Words("Run `nanoclaw backup create`.", "运行 `nanoclaw backup create`。")


def judge(names: Sequence[SnapshotName], now: Milliseconds, *, enabled: bool, running: bool) -> list[Finding]:
    """``running``: the assistant, which makes one each hour."""
    findings = []
    if not enabled:
        findings.append(
            warning(
                Words("the assistant makes none by itself (backup.enabled)", "自动备份已关闭（backup.enabled）"),
                Words(
                    "Turn it on, or call `nanoclaw backup create` from cron.",
                    "请启用，或用 cron 定时运行 `nanoclaw backup create`。",
                ),
            )
        )
    whole = [name for name in names if name.kind is not Kind.CHANGE]
    if not whole:
        return [*findings, warning(Words("there is none yet", "尚无备份"), _MAKE)]
    newest = max(name.at for name in whole)
    hours = (now - newest) / HOUR_MS
    if hours < -1:
        return [
            *findings,
            warning(
                Words("the newest is from the future: a clock was wrong", "最新备份的时间晚于当前时间：系统时钟曾有误"),
                Words(
                    "Check the clock, then `nanoclaw backup list`.", "请检查系统时钟，再运行 `nanoclaw backup list`。"
                ),
            ),
        ]
    age, age_zh = (
        f"the newest of {len(whole)} is {max(0, hours):.0f} hours old",
        f"共 {len(whole)} 份，最新一份在 {max(0, hours):.0f} 小时前",
    )
    if hours > _OLD_HOURS:
        return [*findings, error(Words(age, age_zh), _MAKE)]
    if hours > _FRESH_HOURS and running and enabled:
        return [*findings, warning(Words(f"{age}; one an hour is due", f"{age_zh}；应每小时一份"), _MAKE)]
    return findings or [fine(Words(age, age_zh))]


async def _look(ground: Ground) -> Sequence[Finding]:
    settings, home = ground.known_settings(), ground.existing_home()
    names = await asyncio.to_thread(_names, home.backups, ground)
    running = await ground.seen_status() is not None
    return judge(names, ground.clock.now(), enabled=settings.backup.enabled, running=running)


def _names(place: Path, ground: Ground) -> list[SnapshotName]:
    return Repository(FolderVault(place, leave_free=0), None, ground.clock).names()


BACKUP_FRESH = Check(
    id="backup-fresh",
    section=Section.BACKUP,
    title=Words("Backups fresh", "备份时效"),
    why=Words("What is not in a backup is gone with the disk.", "磁盘一旦损坏，未备份的内容将全部丢失。"),
    look=_look,
)

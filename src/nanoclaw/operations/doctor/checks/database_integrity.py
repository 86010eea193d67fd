"""The databases are whole."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, skipped
from nanoclaw.operations.doctor.databases import existing
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.store.errors import DatabaseCorruptError
from nanoclaw.store.survey import find_damage

_SECONDS, _LIVE_SECONDS = 1.0, 25.0
_SHOWN = 160
"""Characters of what SQLite complains of: the first lines tell that it is damaged, the others the same again."""
_TODO = Words(
    "Stop the assistant and restore a backup (`nanoclaw backup restore`), or save what can be read (`nanoclaw db"
    " recover --replace`). `nanoclaw db check` tells all.",
    "请停止助手并从备份恢复（`nanoclaw backup restore`），或抢救可读内容（`nanoclaw db recover --replace`）；"
    "完整检查结果见 `nanoclaw db check`。",
)


def judge(name: str, damage: tuple[str, ...] | None) -> Finding:
    """What a check of the whole file said."""
    if damage is None:
        return skipped(
            Words(
                f"{name} is too large to check in time; --live waits longer",
                f"{name} 过大，未能及时检查完；可加 --live",
            )
        )
    if damage:
        first = damage[0] if len(damage[0]) <= _SHOWN else f"{damage[0][:_SHOWN].rsplit(None, 1)[0]} …"
        return error(Words(f"{name} is damaged: {first}", f"{name} 已损坏：{first}"), _TODO)
    return fine(Words(f"{name} is whole", f"{name} 完整"))


def _look_at(path: Path, *, live: bool) -> Finding:
    try:
        return judge(path.name, find_damage(path, _LIVE_SECONDS if live else _SECONDS, thorough=live))
    except DatabaseCorruptError as problem:
        return error(Words(str(problem), f"{path.name} 已损坏，无法读取"), _TODO)


async def _look(ground: Ground) -> Sequence[Finding]:
    return await asyncio.gather(*(asyncio.to_thread(_look_at, path, live=ground.live) for path, _ in existing(ground)))


DATABASE_INTEGRITY = Check(
    id="database-integrity",
    section=Section.STORAGE,
    title=Words("Databases whole", "数据库完整性"),
    why=Words("Damage grows, and backups of it are damaged too.", "损坏会扩大，之后的备份也会跟着损坏。"),
    look=_look,
)

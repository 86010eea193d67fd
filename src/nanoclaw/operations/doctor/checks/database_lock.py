"""No other process keeps the databases locked."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.databases import existing
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.locks import Holder, find_writers
from nanoclaw.store.errors import DatabaseLockedError
from nanoclaw.store.survey import read_state

_PAUSE = 0.4


def judge(name: str, holders: Sequence[Holder], daemon: int | None) -> Finding | None:
    """What those who hold a lock at both looks tell."""
    others = [holder for holder in holders if holder.pid != daemon]
    if not others:
        return None
    shown = ", ".join(f"{holder.program} ({holder.pid})" for holder in others)
    return error(
        Words(f"{name} is locked by {shown}", f"{name} 被 {shown} 锁定"),
        Words(
            "Close that program; an open transaction in an SQLite shell is enough.",
            "请关闭该程序；SQLite 命令行中未结束的事务也会造成锁定。",
        ),
    )


async def _locked(path: Path, of: str, processes: Path, daemon: int | None) -> Finding | None:
    try:
        await asyncio.to_thread(read_state, path, of)
    except DatabaseLockedError as problem:
        return error(
            Words(str(problem), f"{path.name} 被其他进程锁定"), Words(problem.hint, "请关闭占用该数据库的程序。")
        )
    first = await asyncio.to_thread(find_writers, path, processes)
    if not first:
        return None
    await asyncio.sleep(_PAUSE)
    again = await asyncio.to_thread(find_writers, path, processes) or ()
    return judge(path.name, [holder for holder in first if holder in again], daemon)


async def _look(ground: Ground) -> Sequence[Finding]:
    places = existing(ground)
    status = await ground.seen_status()
    daemon = status["pid"] if status else None
    found = await asyncio.gather(*(_locked(path, of, ground.processes, daemon) for path, of in places))
    return [finding for finding in found if finding] or [
        fine(Words(f"{len(places)} databases, free", f"{len(places)} 个数据库均未被锁定"))
    ]


DATABASE_LOCK = Check(
    id="database-lock",
    section=Section.SERVICE,
    title=Words("Databases not locked", "数据库未被占用"),
    why=Words("While another writes, no message can be kept.", "其他进程占用期间无法保存消息。"),
    look=_look,
)

"""The databases keep a write-ahead log, and it is folded in often enough."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.databases import existing
from nanoclaw.operations.doctor.fixes.checkpoint import checkpoint
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.store.survey import DatabaseState, read_state

MOST = 64 * 1024**2
"""Sixteen times what SQLite folds in by itself: a reader that never ends keeps it from doing so."""


def judge(path: Path, state: DatabaseState) -> Finding:
    """What is to be said of one database."""
    size = f"{state.log_bytes / 1024**2:.1f} MiB"
    if state.journal != "wal":
        return error(
            Words(
                f"{path.name} keeps no write-ahead log ({state.journal})",
                f"{path.name} 未使用 WAL 模式（{state.journal}）",
            ),
            Words("Restart the assistant: it sets this.", "重启助手即可自动设置。"),
        )
    if state.log_bytes > MOST:
        return warning(
            Words(f"{path.name}-wal has grown to {size}", f"{path.name}-wal 已增至 {size}"),
            Words(
                "Fold it in; end whatever holds the database open for long.",
                "请合并日志，并结束长时间占用数据库的程序。",
            ),
            checkpoint(path),
        )
    return fine(Words(f"{path.name}-wal {size}", f"{path.name}-wal {size}"))


async def _look(ground: Ground) -> Sequence[Finding]:
    places = existing(ground)
    states = await asyncio.gather(*(asyncio.to_thread(read_state, path, of) for path, of in places))
    return [judge(path, state) for (path, _), state in zip(places, states, strict=True)]


DATABASE_LOG = Check(
    id="database-log",
    section=Section.STORAGE,
    title=Words("Database log (WAL)", "数据库 WAL 日志"),
    why=Words("A log that grows slows every read, and fills the disk.", "日志过大会拖慢读取，并占满磁盘。"),
    look=_look,
)

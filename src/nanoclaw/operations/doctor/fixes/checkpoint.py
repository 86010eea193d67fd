"""Fold a grown write-ahead log into its database."""

import asyncio
from pathlib import Path

from nanoclaw.operations.doctor.contract import Fix, Words
from nanoclaw.store.files import log_of
from nanoclaw.store.survey import log_size, shorten_log


def checkpoint(database: Path) -> Fix:
    """Fold the log in and cut it. Safe while the assistant runs; every row stays."""
    return Fix(
        description=Words("fold the log into the database", "将日志合并回数据库"),
        apply=lambda: asyncio.to_thread(_checkpoint, database),
    )


def _checkpoint(database: Path) -> tuple[Words, ...]:
    before = log_size(database)
    after = shorten_log(database)
    if after >= before:
        return ()
    name = log_of(database).name
    return (
        Words(
            f"{name}: {before >> 20} MiB → {after >> 20} MiB",
            f"{name}：{before >> 20} MiB → {after >> 20} MiB",
        ),
    )

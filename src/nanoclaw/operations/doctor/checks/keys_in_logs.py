"""No key stands in a log."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.secrets import KeyFinder, names

_MOST = 16 * 1024 * 1024
"""Bytes looked at in one file: a whole one as it is rotated, with the default settings."""


def find(folder: Path, finder: KeyFinder) -> tuple[int, list[str]]:
    """How many files there are, and the names of those with a key."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return len(files), [path.name for path in files if finder.is_in_file(path, _MOST)]


async def _look(ground: Ground) -> Sequence[Finding]:
    folder = ground.existing_home().log.parent
    if not folder.is_dir():
        return [fine(Words("no logs yet", "尚无日志"))]
    count, found = await asyncio.to_thread(find, folder, KeyFinder(ground.upstream))
    if not found:
        return [fine(Words(f"none in {count} files", f"{count} 个文件中均未发现"))]
    shown = names(map(Path, found))
    return [
        error(
            Words(f"a key stands in {shown}", f"日志中出现密钥：{shown}"),
            Words("Replace the key, then delete those files from logs/.", "请更换密钥，然后删除 logs/ 中的这些文件。"),
        )
    ]


KEYS_IN_LOGS = Check(
    id="keys-in-logs",
    section=Section.SECURITY,
    title=Words("Keys in logs", "日志中的密钥"),
    why=Words("Logs are copied, sent and kept.", "日志会被复制、发送和长期保存。"),
    look=_look,
)

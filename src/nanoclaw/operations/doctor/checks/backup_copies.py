"""Backups also lie on another disk, and it is there."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground


def judge(copies: Sequence[str], home: Path) -> list[Finding]:
    """The folders that get a copy. Blocks."""
    if not copies:
        return [
            warning(
                Words("they lie on the disk of the home only", "备份仅存放在主目录所在的磁盘上"),
                Words(
                    "Name a folder on another disk: copies under [backup].",
                    "请在 [backup] 的 copies 中填写另一块磁盘上的目录。",
                ),
            )
        ]
    missing = [copy for copy in copies if not Path(copy).is_dir()]
    if missing:
        return [
            error(
                Words(f"not there: {', '.join(missing)}", f"目录不存在：{'、'.join(missing)}"),
                Words(
                    "Mount that disk, or correct copies under [backup].", "请挂载该磁盘，或更正 [backup] 的 copies。"
                ),
            )
        ]
    same = [copy for copy in copies if Path(copy).stat().st_dev == home.stat().st_dev]
    if same:
        return [
            warning(
                Words(f"on the same disk as the home: {', '.join(same)}", f"与主目录在同一磁盘：{'、'.join(same)}"),
                Words("Choose a folder on another disk.", "请选择另一块磁盘上的目录。"),
            )
        ]
    return [fine(Words(f"also in {', '.join(copies)}", f"另存于 {'、'.join(copies)}"))]


async def _look(ground: Ground) -> Sequence[Finding]:
    settings, home = ground.known_settings(), ground.existing_home()
    return await asyncio.to_thread(judge, settings.backup.copies, home.root)


BACKUP_COPIES = Check(
    id="backup-copies",
    section=Section.BACKUP,
    title=Words("Backups elsewhere", "异地备份"),
    why=Words("A broken disk takes home and backups with it.", "磁盘损坏时，主目录和备份会一同丢失。"),
    look=_look,
)

"""The WhatsApp session is complete, and was used not long ago."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.modes import walk

_WHATSAPP = "whatsapp"
_SQLITE = b"SQLite format 3\0"
_WARN_DAYS, _DEAD_DAYS = 10, 30
"""WhatsApp unlinks a device that was not connected for some weeks."""
_PAIR = Words("Start the assistant, and pair the phone again.", "请启动助手，并用手机重新扫码配对。")


def judge(folder: Path, now: Milliseconds) -> Finding:
    """What lies in the folder of the session. Its files are looked at from outside: the client may have them open."""
    files = [path for path in walk(folder) if path.is_file() and not path.is_symlink()]
    databases = [path for path in files if path.suffix == ".db"]
    if not databases:
        return error(Words("no session: the phone is not paired", "没有会话：尚未扫码配对"), _PAIR)
    broken = [path.name for path in databases if not _is_database(path)]
    if broken:
        return error(
            Words(f"the session is not complete: {', '.join(broken)}", f"会话文件不完整：{'、'.join(broken)}"),
            Words("Restore store/auth from a backup, or pair again.", "请从备份恢复 store/auth，或重新配对。"),
        )
    days = max(0, now // 1000 - int(max(path.stat().st_mtime for path in files))) // 86_400
    if days >= _WARN_DAYS:
        return warning(
            Words(
                f"last used {days} days ago; after about {_DEAD_DAYS} it ends",
                f"上次使用在 {days} 天前；约 {_DEAD_DAYS} 天后失效",
            ),
            _PAIR,
        )
    return fine(Words(f"complete, last used {days} days ago", f"完整，上次使用在 {days} 天前"))


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


async def _look(ground: Ground) -> Sequence[Finding]:
    if _WHATSAPP not in ground.known_settings().enabled_channels:
        raise NotKnownError(Words("the WhatsApp channel is not enabled", "未启用 WhatsApp 渠道"))
    return [await asyncio.to_thread(judge, ground.home.channel(_WHATSAPP), ground.clock.now())]


WHATSAPP_SESSION = Check(
    id="whatsapp-session",
    section=Section.CHANNELS,
    title=Words("WhatsApp session", "WhatsApp 会话"),
    why=Words(
        "An ended session is noticed days later, by nobody's answers.", "会话失效往往几天后才被发现，期间无人应答。"
    ),
    look=_look,
)

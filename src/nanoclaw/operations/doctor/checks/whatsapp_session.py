"""The WhatsApp session is complete, and was used not long ago."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.channels.whatsapp.session_file import SESSION_FILE
from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.modes import walk
from nanoclaw.store.errors import StoreError
from nanoclaw.store.survey import find_damage
from nanoclaw.store.whatsapp import is_device_linked

_WHATSAPP = "whatsapp"
_CHECK_SECONDS = 5.0
_WARN_DAYS, _DEAD_DAYS = 10, 30
"""WhatsApp unlinks a device that was not connected for some weeks."""
_PAIR = Words("Link the telephone: nanoclaw auth whatsapp.", "请关联手机：nanoclaw auth whatsapp。")
_START = Words(
    "Start the assistant; should WhatsApp have ended the session: nanoclaw auth whatsapp.",
    "请启动助手；若会话已失效：nanoclaw auth whatsapp。",
)


def judge(folder: Path, now: Milliseconds) -> Finding:
    """What lies in the folder of the session; nothing is written, and the client may have it open."""
    database = folder / SESSION_FILE
    try:
        if not is_device_linked(database):
            return error(Words("no session: no account is linked", "没有会话：尚未关联账号"), _PAIR)
        damage = find_damage(database, _CHECK_SECONDS)
    except StoreError as failure:
        return _broken(str(failure))
    if damage:
        return _broken(damage[0])
    files = [path for path in walk(folder) if path.is_file() and path.name.startswith(SESSION_FILE)]
    days = max(0, now // 1000 - int(max(path.stat().st_mtime for path in files))) // 86_400
    if days >= _WARN_DAYS:
        return warning(
            Words(
                f"last used {days} days ago; after about {_DEAD_DAYS} it ends",
                f"上次使用在 {days} 天前；约 {_DEAD_DAYS} 天后失效",
            ),
            _START,
        )
    whole = Words("whole", "完整") if damage is not None else Words("too large to check in time", "过大，未能及时检查")
    return fine(Words(f"linked, {whole.en}, last used {days} days ago", f"已关联，{whole.zh}，上次使用在 {days} 天前"))


def _broken(why: str) -> Finding:
    return error(
        Words(f"the session is not whole: {why}", f"会话文件已损坏：{why}"),
        Words(
            "Stop the assistant and restore store/auth from a backup (nanoclaw backup restore), or remove"
            " store/auth/whatsapp/session.db and run: nanoclaw auth whatsapp.",
            "请停止助手，从备份恢复 store/auth（nanoclaw backup restore）；或删除 store/auth/whatsapp/session.db"
            " 后运行：nanoclaw auth whatsapp。",
        ),
    )


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

"""The clock shows a time that can be true, and something keeps it right."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import nanoclaw
from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine, skipped, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.kernel_clock import is_synchronised

_YEARS_MS = 30 * 366 * 86_400_000


_HOUR_MS = 3_600_000


def judge(
    now: Milliseconds, written: Milliseconds, *, synchronised: bool | None, newest: Milliseconds | None = None
) -> Finding:
    """``written``: when the program's files were; it cannot be earlier. ``synchronised``: as the kernel says.

    ``newest``: of when the newest message is. One from the future was stamped by this clock before it was set back, or
    by a sender's that is ahead.
    """
    try:
        shown = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError):
        shown = str(now)
    if not written - 86_400_000 <= now <= written + _YEARS_MS:
        return error(
            Words(f"it shows {shown}, which cannot be", f"当前显示 {shown}，不可能正确"),
            Words("Set the clock, and turn on time synchronisation.", "请校准系统时间，并启用时间同步。"),
        )
    if newest is not None and newest > now + _HOUR_MS:
        return _behind(shown, (newest - now) // _HOUR_MS)
    if synchronised is None:
        return skipped(
            Words(
                f"{shown}; whether it is synchronised cannot be asked here",
                f"{shown}；此系统无法查询时间是否已同步",
            )
        )
    if not synchronised:
        return warning(
            Words(f"{shown}, but nothing keeps it right", f"{shown}，但未启用时间同步"),
            Words(
                "Turn on time synchronisation: `timedatectl set-ntp true`.",
                "请启用时间同步：`timedatectl set-ntp true`。",
            ),
        )
    return fine(Words(f"{shown}, synchronised", f"{shown}，已同步"))


def _behind(shown: str, hours: int) -> Finding:
    return warning(
        Words(
            f"{shown}, but the newest message is {hours} hours ahead of it",
            f"{shown}，但最新消息的时间比它晚 {hours} 小时",
        ),
        Words(
            "If the clock was set back, set it right; tasks run by it. Else a sender's clock is ahead.",
            "若系统时间被回拨，请校准（计划任务按它执行）；否则是发送方的时钟偏快。",
        ),
    )


def _written() -> Milliseconds:
    return Milliseconds(int(Path(nanoclaw.__file__).stat().st_mtime * 1000))


async def _newest(ground: Ground) -> Milliseconds | None:
    try:
        chats = (await ground.known_roll()).chats
    except (NotKnownError, OSError):
        return None  # the time can be judged without
    return max((chat.last_activity for chat in chats), default=None)


async def _look(ground: Ground) -> Sequence[Finding]:
    written, synchronised, newest = await asyncio.gather(
        asyncio.to_thread(_written), asyncio.to_thread(is_synchronised, sys.platform), _newest(ground)
    )
    return [judge(ground.clock.now(), written, synchronised=synchronised, newest=newest)]


CLOCK = Check(
    id="clock",
    section=Section.PREFLIGHT,
    title=Words("Clock", "系统时钟"),
    why=Words("Tasks, budgets and sessions go by the clock.", "计划任务、预算和会话都依赖系统时间。"),
    look=_look,
)

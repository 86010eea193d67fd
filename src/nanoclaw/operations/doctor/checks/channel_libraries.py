"""The libraries that channels rest on are not behind: networks change, and old clients are shut out."""

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nanoclaw.channels.registry import installed_channels
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.checkout import find_lock
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, fine, skipped, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.sandboxes.contract import EngineUnavailableError
from nanoclaw.sandboxes.engine import EngineClient, Outcome

LIBRARIES = {"telegram": "python-telegram-bot", "web": "aiohttp", "whatsapp": "neonize"}
"""What each built-in channel speaks to its network with."""
_NEWEST = re.compile(r"\S+ \(([^()\s]+)\)")
"""The first line of what pip prints; whether others follow depends on what is installed beside that pip."""
_NO_PIP = "No module named pip"
_SECONDS = 12.0
_OLD_DAYS = 120


def judge(name: str, here: str, asked: Outcome) -> Finding:
    """``asked``: what ``pip index versions`` said."""
    told = _NEWEST.match(asked.text)
    newest = told[1] if told else None
    if not asked.ok or newest is None:
        reason = "there is no pip here to ask" if _NO_PIP in asked.error else "nobody answers"
        return skipped(
            Words(f"{name} {here}; whether there is a newer one: {reason}", f"{name} {here}；无法查询是否有新版本")
        )
    if newest == here:
        return fine(Words(f"{name} {here} is the newest", f"{name} {here} 为最新版本"))
    return warning(
        Words(f"{name} {here}; {newest} is out", f"{name} {here}，已有新版本 {newest}"),
        Words(
            f"Read the release notes of {name}; take it with an update of nanoclaw, or tools/lock --upgrade.",
            f"请阅读 {name} 的发布说明；随 nanoclaw 升级，或运行 tools/lock --upgrade。",
        ),
    )


def judge_age(found: str, days: int | None) -> Finding:
    """Without asking anybody: how long ago these versions were chosen, by the history of the lock file."""
    if days is None:
        return skipped(
            Words(
                f"{found}; how old they are is not known here (--live asks)",
                f"{found}；版本新旧未知（可加 --live）",
            )
        )
    if days > _OLD_DAYS:
        return warning(
            Words(f"{found}, chosen {days} days ago", f"{found}，锁定于 {days} 天前"),
            Words("Read the release notes since then, and update nanoclaw.", "请查阅此后的发布说明，并升级 nanoclaw。"),
        )
    return fine(Words(f"{found}, chosen {days} days ago", f"{found}，锁定于 {days} 天前"))


def libraries(enabled: Sequence[str], announced: dict[str, str]) -> dict[str, str]:
    """The installed version of each library that an enabled channel needs. ``announced``: package by channel."""
    wanted = {name for channel in enabled if (name := LIBRARIES.get(channel) or announced.get(channel))}
    found = {}
    for name in sorted(wanted):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # the check of dependencies says so
    return found


async def _look(ground: Ground) -> Sequence[Finding]:
    enabled = list(ground.known_settings().enabled_channels)
    points = await asyncio.to_thread(installed_channels)
    found = libraries(enabled, {point.name: point.dist.name for point in points if point.dist})
    if not found:
        raise NotKnownError(Words("no enabled channel rests on a library", "已启用的渠道不依赖第三方库"))
    if not ground.live:
        shown = ", ".join(f"{name} {here}" for name, here in found.items())
        return [judge_age(shown, await _lock_age(ground))]
    return [judge(name, here, await _ask(ground.environment, name)) for name, here in found.items()]


async def _lock_age(ground: Ground) -> int | None:
    """Days since the lock file was last changed in the checkout's history; None without one."""
    lock = find_lock()
    if lock is None:
        return None
    git = EngineClient("git", ground.environment)
    try:
        told = await git.call("-C", str(lock.parent), "log", "-1", "--format=%ct", "--", lock.name, seconds=3)
    except EngineUnavailableError:
        return None
    if not told.ok or not told.text.isdecimal():
        return None
    return max(0, ground.clock.now() // 1000 - int(told.text)) // 86_400


def interpreters() -> tuple[str, ...]:
    """Whose pip may be asked: ours, and that of the Python that our environment was made from: `.venv` has none."""
    return tuple(dict.fromkeys((sys.executable, str(Path(sys.executable).resolve()))))


async def _ask(environment: Mapping[str, str], name: str) -> Outcome:
    arguments = ("-I", "-m", "pip", "index", "versions", name, "--disable-pip-version-check")
    asked = Outcome(code=1, text="", error=_NO_PIP)
    for interpreter in interpreters():
        try:
            asked = await EngineClient(interpreter, environment).call(*arguments, seconds=_SECONDS)
        except EngineUnavailableError as error:
            asked = Outcome(code=1, text="", error=str(error))
        if _NO_PIP not in asked.error:
            break
    return asked


CHANNEL_LIBRARIES = Check(
    id="channel-libraries",
    section=Section.CHANNELS,
    title=Words("Channel libraries", "渠道依赖库"),
    why=Words("Networks change; an old client is shut out one day.", "聊天平台会更新协议，过旧的客户端终将无法连接。"),
    look=_look,
)

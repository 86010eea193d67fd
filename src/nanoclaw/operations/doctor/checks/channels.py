"""Each enabled channel exists, and is up while the assistant runs."""

import asyncio
from collections.abc import Sequence
from typing import Any

from nanoclaw.channels.registry import installed_channels
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground

BUILT_IN = frozenset({"telegram", "web", "whatsapp"})
"""A test compares this with what the composition root builds."""


def judge_names(enabled: Sequence[str], offered: frozenset[str]) -> list[Finding]:
    """Channels that are enabled and that nobody offers."""
    return [
        error(
            Words(f"there is no channel {name!r}", f"没有名为 {name!r} 的渠道"),
            Words(
                f"Install its package, or remove [channels.{name}]. There are: {', '.join(sorted(offered))}.",
                f"请安装提供该渠道的软件包，或删除 [channels.{name}]。现有渠道：{'、'.join(sorted(offered))}。",
            ),
        )
        for name in enabled
        if name not in offered
    ]


def judge_states(channels: Sequence[dict[str, Any]]) -> list[Finding]:
    """Channels that are not up, from the daemon's status."""
    return [
        warning(
            Words(
                f"{one['name']} is {_how(one)}: {one['detail']}",
                f"{one['name']} 未连接（{_how(one)}）：{one['detail']}",
            ),
            Words(
                one.get("hint") or "`nanoclaw status` and the log say more.",
                one.get("hint") or "详情见 `nanoclaw status` 和日志。",
            ),
        )
        for one in channels
        if one["status"] != "up"
    ]


def _how(channel: dict[str, Any]) -> str:
    return f"{channel['status']}, {channel['condition']}" if channel.get("condition") else str(channel["status"])


async def _look(ground: Ground) -> Sequence[Finding]:
    enabled = list(ground.known_settings().enabled_channels)
    points = await asyncio.to_thread(installed_channels)
    findings = judge_names(enabled, BUILT_IN | {point.name for point in points})
    status = await ground.seen_status()
    if status is not None:
        findings += judge_states(status["channels"])
    names = ", ".join(enabled) or "none but the terminal"
    state, state_zh = (", all up", "，均在线") if status else ("; the assistant does not run", "；助手未在运行")
    return findings or [fine(Words(f"{names}{state}", f"{'、'.join(enabled) or '仅终端'}{state_zh}"))]


CHANNELS = Check(
    id="channels",
    section=Section.CHANNELS,
    title=Words("Channels", "渠道连接"),
    why=Words("On a dead channel nobody hears you, and it looks healthy.", "渠道断开时看似正常，实际收不到任何消息。"),
    look=_look,
)

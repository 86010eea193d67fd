"""There is a way to tell the owner that something is wrong."""

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, assert_never

from nanoclaw.channels.registry import installed_channels
from nanoclaw.model.chats import ChatAddress, parse_chat
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.routes import find_routes
from nanoclaw.operations.alerts.view import RouteView, TestState, view_routes
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.checks.channels import BUILT_IN
from nanoclaw.operations.doctor.contract import Finding, Section, Severity, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.store.people import chats_of_owner
from nanoclaw.store.survey import Roll

_LOCAL = "local"
_DAY = 86_400_000
_OLD_DAYS = 180
"""Passwords expire, and addresses are given up."""


_TERMINAL_ONLY = warning(
    Words("alerts reach the terminal only", "告警只会出现在终端里"),
    Words(
        "Enable a channel that reaches you elsewhere, or set up [alerts]: docs/how-to/be-alerted.md.",
        "请启用一个能随时联系到你的渠道，或设置 [alerts]（见 docs/how-to/be-alerted.md）。",
    ),
)


async def _look(ground: Ground) -> Sequence[Finding]:
    named = await _named(ground)
    carried = any(finding.severity is Severity.OK for finding in named)
    return [*([] if carried else await _chat(ground)), *named, *_routes(ground)]


async def _named(ground: Ground) -> list[Finding]:
    """The chats that the owner named for news: each may carry them, or not, and why."""
    names = ground.known_settings().alerts.chats
    if not names:
        return []
    roll, status = await ground.known_roll(), await ground.seen_status()
    offered = BUILT_IN | {_LOCAL} | {point.name for point in await asyncio.to_thread(installed_channels)}
    enabled = {_LOCAL, *ground.known_settings().enabled_channels}
    shown = {one["name"]: one for one in status["channels"]} if status else {}
    return [_news(chat, roll, offered=offered, enabled=enabled, shown=shown) for chat in map(parse_chat, names)]


def _news(
    chat: ChatAddress, roll: Roll, *, offered: AbstractSet[str], enabled: AbstractSet[str], shown: Mapping[str, Any]
) -> Finding:
    """Whether one of the owner's named chats carries news. ``shown``: the channels of a running daemon."""
    where, state = f"{chat.channel}:{chat.chat}", shown.get(chat.channel)
    if chat.channel not in offered:
        return warning(
            Words(f"news go to {where}, and there is no such channel", f"通知发往 {where}，但没有这个渠道"),
            _NAME_ANOTHER,
        )
    if chat.channel not in enabled:
        return warning(
            Words(f"news go to {where}, whose channel is not enabled", f"通知发往 {where}，但该渠道未启用"),
            Words(
                f"nanoclaw channels enable {chat.channel}, or name another chat: nanoclaw alerts chats",
                f"请运行 nanoclaw channels enable {chat.channel}，或用 nanoclaw alerts chats 指定其他会话。",
            ),
        )
    if chat not in chats_of_owner(roll.groups, roll.chats, roll.people):
        return warning(
            Words(f"{where} is no chat of yours, and is left out", f"{where} 不是您的会话，已被忽略"), _NAME_ANOTHER
        )
    if state is not None and state["status"] != "up":
        how = state.get("condition") or state["status"]
        return warning(
            Words(f"news go to {where}, whose channel is down ({how})", f"通知发往 {where}，但该渠道未连接（{how}）"),
            Words(state.get("hint") or "See `nanoclaw status`.", state.get("hint") or "请查看 `nanoclaw status`。"),
        )
    return fine(Words(f"news go to {where}", f"通知发往 {where}"))


_NAME_ANOTHER = Words("Name another one: nanoclaw alerts chats", "请用 nanoclaw alerts chats 指定其他会话。")


def _routes(ground: Ground) -> Sequence[Finding]:
    """The routes beside the chat: set, tested, and without alerts that wait."""
    try:
        routes = find_routes(ground.home, ground.known_settings().alerts)
        state = Book(ground.home).read()
    except NanoclawError as problem:
        return [error(Words(str(problem), str(problem)), Words(problem.hint, problem.hint))]
    return [_route(view, ground.clock.now()) for view in view_routes(state, routes)]


def _route(view: RouteView, now: int) -> Finding:
    name, days = view.name, max(0, now - view.tested_at) // _DAY
    again = Words(f"Mend it, then: nanoclaw alerts test {name}", f"请修复后运行：nanoclaw alerts test {name}")
    if not view.is_set:
        return error(
            Words(f"the route {name} has no address", f"告警通道 {name} 没有设置地址"),
            Words(f"Write {name}=… into .env.", f"请在 .env 中写入 {name}=…。"),
        )
    if view.fails:
        return error(
            Words(
                f"{view.waiting} alerts wait for {name}: {view.problem}",
                f"{view.waiting} 条告警等待经 {name} 发送，最近 {view.fails} 次均失败",
            ),
            again,
        )
    match view.tested:
        case TestState.NEVER | TestState.CHANGED:
            how, how_zh = (
                ("never tested", "从未测试")
                if view.tested is TestState.NEVER
                else ("not tested since its address changed", "地址更改后尚未测试")
            )
            return warning(
                Words(f"the route {name} ({view.kind}) was {how}", f"告警通道 {name}（{view.kind}）{how_zh}"),
                Words(f"nanoclaw alerts test {name}", f"请运行：nanoclaw alerts test {name}"),
            )
        case TestState.FAILED:
            return error(
                Words(f"the test of {name} failed {days} days ago: {view.problem}", f"{days} 天前对 {name} 的测试失败"),
                again,
            )
        case TestState.OK:
            words = Words(f"{name} ({view.kind}), tested {days} days ago", f"{name}（{view.kind}），{days} 天前已测试")
            if days > _OLD_DAYS:
                return warning(words, Words(f"nanoclaw alerts test {name}", f"请运行：nanoclaw alerts test {name}"))
            return fine(words)
        case _:
            assert_never(view.tested)


async def _chat(ground: Ground) -> Sequence[Finding]:
    roll, enabled = await ground.known_roll(), ground.known_settings().enabled_channels
    chat = roll.owner_chat
    if chat is None:
        return [
            error(
                Words("the owner has no chat", "所有者没有任何会话"),
                Words("Write to the main group once.", "请在主组中发送一条消息。"),
            )
        ]
    where = f"{chat.channel} {chat.chat}"
    if chat.channel != _LOCAL and chat.channel not in enabled:
        return [
            error(
                Words(f"it leads to {where}, whose channel is not enabled", f"告警发往 {where}，但该渠道未启用"),
                Words(
                    "Enable it, or write to the main group from another chat.",
                    "请启用该渠道，或从其他会话向主组发送一条消息。",
                ),
            )
        ]
    status = await ground.seen_status()
    down = status and any(one["name"] == chat.channel and one["status"] != "up" for one in status["channels"])
    if down:
        return [
            warning(
                Words(f"it leads to {where}, whose channel is not up", f"告警发往 {where}，但该渠道未连接"),
                Words("See `nanoclaw status`.", "请查看 `nanoclaw status`。"),
            )
        ]
    if chat.channel == _LOCAL and not enabled and not ground.known_settings().alerts.urls:
        return [_TERMINAL_ONLY]
    return [fine(Words(f"{where}, and nanoclaw status", f"{where}，以及 nanoclaw status"))]


ALERT_ROUTE = Check(
    id="alert-route",
    section=Section.MONITORING,
    title=Words("Alerts reach the owner", "告警通道"),
    why=Words("A failure that nobody is told of lasts for days.", "无人知晓的故障会持续数天。"),
    look=_look,
)

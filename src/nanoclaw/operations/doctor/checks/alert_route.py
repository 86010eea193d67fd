"""There is a way to tell the owner that something is wrong."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground

_LOCAL = "local"


async def _look(ground: Ground) -> Sequence[Finding]:
    roll, enabled = await ground.known_roll(), ground.known_settings().channels
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
    if chat.channel == _LOCAL and not enabled:
        return [
            warning(
                Words("alerts reach the terminal only", "告警只会出现在终端里"),
                Words("Enable a channel that reaches you elsewhere.", "请启用一个能随时联系到你的渠道。"),
            )
        ]
    return [fine(Words(f"{where}, and nanoclaw status", f"{where}，以及 nanoclaw status"))]


ALERT_ROUTE = Check(
    id="alert-route",
    section=Section.MONITORING,
    title=Words("Alerts reach the owner", "告警通道"),
    why=Words("A failure that nobody is told of lasts for days.", "无人知晓的故障会持续数天。"),
    look=_look,
)

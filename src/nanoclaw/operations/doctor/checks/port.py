"""The page's port is ours, or free."""

import asyncio
from collections.abc import Sequence

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.web.options import parse_options
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.listening import can_listen


async def _look(ground: Ground) -> Sequence[Finding]:
    table = ground.known_settings().enabled_channels.get("web")
    if table is None:
        return [fine(Words("no page, so no port", "未启用网页，不占用端口"))]
    try:
        port = parse_options(table).port
    except ChannelError as problem:
        return [error(Words(str(problem), f"网页设置有误：{problem}"), Words(problem.hint, "请改正 [channels.web]。"))]
    if port == 0:
        return [fine(Words("any that is free", "自动选择空闲端口"))]
    status = await ground.seen_status()
    ours = status is not None and any(one["name"] == "web" and one["status"] == "up" for one in status["channels"])
    if ours:
        return [fine(Words(f"{port}, ours", f"{port}，由本助手使用"))]
    if await asyncio.to_thread(can_listen, port):
        return [fine(Words(f"{port}, free", f"{port}，空闲"))]
    return [
        error(
            Words(f"{port} is taken by another program", f"端口 {port} 被其他程序占用"),
            Words(
                "Set another port under [channels.web], or end that program.",
                "请在 [channels.web] 下换一个端口，或结束该程序。",
            ),
        )
    ]


PORT = Check(
    id="port",
    section=Section.SERVICE,
    title=Words("Port of the page", "网页端口"),
    why=Words("Without it there is no page.", "端口不可用则无法打开网页。"),
    look=_look,
)

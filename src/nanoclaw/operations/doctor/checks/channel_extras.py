"""What enabled channels need is installed, and what they could use is there or explained."""

import asyncio
from collections.abc import Callable, Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.extras.checkout import find_checkout
from nanoclaw.operations.extras.contract import EXTRAS, Extra, lacking
from nanoclaw.operations.extras.programs import Helper, absent


def judge(extra: Extra, missing: Sequence[str], helpers: Sequence[Helper], *, checkout: bool) -> Finding:
    """``missing`` packages of the extra, and ``helpers`` that are not on this machine."""
    if missing:
        names = ", ".join(missing)
        command = f"nanoclaw auth {extra.name}" if checkout else f"pip install 'nanoclaw-py[{extra.name}]'"
        return error(
            Words(f"{extra.title} needs {names}, not installed", f"{extra.title} 需要 {names}，尚未安装"),
            Words(f"Run: {command}.", f"请运行：{command}。"),
        )
    without = "; ".join(f"no {helper.name}: {helper.without}" for helper in helpers)
    without_zh = "；".join(f"无 {helper.name}：{helper.without_zh}" for helper in helpers)
    return fine(
        Words(
            f"{extra.title}: all is installed{f' ({without})' if without else ''}",
            f"{extra.title}：已全部安装{f'（{without_zh}）' if without_zh else ''}",
        )
    )


def findings(enabled: Sequence[str], find_missing: Callable[[Extra], Sequence[str]] = lacking) -> list[Finding]:
    """One for each enabled channel that has an extra."""
    checkout = find_checkout()
    ours = checkout is not None and checkout.is_running()
    return [
        judge(extra, find_missing(extra), absent(extra.name), checkout=ours)
        for name in enabled
        if (extra := EXTRAS.get(name))
    ]


async def _look(ground: Ground) -> Sequence[Finding]:
    found = await asyncio.to_thread(findings, list(ground.known_settings().enabled_channels))
    if not found:
        raise NotKnownError(Words("no enabled channel needs more than the program", "已启用的渠道无需额外组件"))
    return found


CHANNEL_EXTRAS = Check(
    id="channel-extras",
    section=Section.CHANNELS,
    title=Words("Channel components", "渠道组件"),
    why=Words("A channel without its library never starts.", "缺少依赖库的渠道无法启动。"),
    look=_look,
)

"""The assistant does not fail at its start again and again."""

import asyncio
from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.service.breaker import StartBreaker


async def _look(ground: Ground) -> Sequence[Finding]:
    starts = await asyncio.to_thread(StartBreaker(ground.existing_home(), ground.clock).look)
    if not starts.failures:
        return [fine(Words("none", "没有失败的启动"))]
    what = Words(
        f"{starts.failures} in a row; the next start would wait {starts.wait_seconds} s",
        f"连续 {starts.failures} 次启动失败；下次启动将等待 {starts.wait_seconds} 秒",
    )
    todo = Words("See `nanoclaw logs`; starting by hand forgets them.", "请查看 `nanoclaw logs`；手动启动后计数清零。")
    return [warning(what, todo) if starts.failures == 1 else error(what, todo)]


START_FAILURES = Check(
    id="start-failures",
    section=Section.SERVICE,
    title=Words("Failed starts", "启动失败"),
    why=Words("A crash loop costs money, and answers nobody.", "反复崩溃既浪费费用，又无法应答。"),
    look=_look,
)

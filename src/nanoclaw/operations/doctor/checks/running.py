"""The assistant runs and answers."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, fine, warning
from nanoclaw.operations.doctor.ground import Ground


async def _look(ground: Ground) -> Sequence[Finding]:
    status = await ground.status.get()
    if status is None:
        return [
            warning(
                Words("it does not run", "助手未在运行"),
                Words("`nanoclaw run`, or install it as a service.", "运行 `nanoclaw run`，或将其安装为系统服务。"),
            )
        ]
    return [
        fine(Words(f"process {status['pid']}, {status['version']}", f"进程 {status['pid']}，版本 {status['version']}"))
    ]


RUNNING = Check(
    id="running",
    section=Section.SERVICE,
    title=Words("Assistant running", "进程运行状态"),
    why=Words("While it is down nobody is answered and no task runs.", "停止期间无人应答，计划任务也不会执行。"),
    look=_look,
)

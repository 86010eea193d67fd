"""No sandbox runs without an assistant that looks after it."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.secrets import names


async def _look(ground: Ground) -> Sequence[Finding]:
    engine = await ground.engine.get()
    if engine.problem is not None:
        raise NotKnownError(Words("no sandbox can be used", "没有可用的沙箱"))
    if await ground.seen_status() is not None:
        return [
            fine(Words(f"{len(engine.running)} running, looked after", f"{len(engine.running)} 个运行中，由助手管理"))
        ]
    if not engine.running:
        return [fine(Words("none running", "没有运行中的沙箱"))]
    found = names(one.name for one in engine.running)
    return [
        warning(
            Words(f"left by an assistant that is gone: {found}", f"助手已停止，但以下沙箱仍在运行：{found}"),
            Words("The next start of the assistant removes them.", "助手下次启动时会自动清理。"),
        )
    ]


ORPHANS = Check(
    id="orphans",
    section=Section.SANDBOX,
    title=Words("Forgotten sandboxes", "残留沙箱"),
    why=Words("They hold memory, and work for nobody.", "它们占用内存，却无人管理。"),
    look=_look,
)

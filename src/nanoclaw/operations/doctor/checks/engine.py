"""A sandbox can be used, and which."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground


async def _look(ground: Ground) -> Sequence[Finding]:
    engine = await ground.engine.get()
    if engine.problem is not None or engine.report is None:
        problem = engine.problem
        hint = (problem.hint if problem else "") or "Install Docker or Podman."
        return [
            error(
                Words(str(problem), f"没有可用的沙箱：{problem}"),
                Words(hint, "请安装并启动 Docker 或 Podman；或在支持用户命名空间的 Linux 上使用 bubblewrap。"),
            )
        ]
    report = engine.report
    return [fine(Words(f"{report.kind} {report.version}".strip(), f"{report.kind} {report.version}".strip()))]


ENGINE = Check(
    id="engine",
    section=Section.PREFLIGHT,
    title=Words("Container engine", "容器引擎"),
    why=Words(
        "Agents run in sandboxes only; without one nothing is answered.", "智能体只在沙箱中运行；没有沙箱就无法应答。"
    ),
    look=_look,
)

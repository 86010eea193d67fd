"""Running agents have limits on memory, processors and processes, and are not restarted behind our back."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.containers import Container, containers
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground

_TODO = Words("Stop it: `nanoclaw stop`, then start again.", "请用 `nanoclaw stop` 停止后重新启动。")


def judge(container: Container) -> list[Finding]:
    """Which limits a container lacks."""
    wrong = (
        (container.memory <= 0, "has no limit on memory", "没有内存限制"),
        (container.cpus <= 0, "has no limit on processors", "没有 CPU 限制"),
        (container.processes <= 0, "has no limit on processes", "没有进程数限制"),
        (container.restart not in {"", "no"}, "is restarted by the engine", "由引擎自动重启（应由 nanoclaw 管理）"),
    )
    return [
        error(Words(f"{container.name} {what}", f"{container.name} {what_zh}"), _TODO)
        for is_so, what, what_zh in wrong
        if is_so
    ]


async def _look(ground: Ground) -> Sequence[Finding]:
    found = await containers(ground)
    findings = [finding for container in found for finding in judge(container)]
    most = max((container.memory for container in found), default=0) >> 20
    return findings or [
        fine(
            Words(
                f"{len(found)} running, each of {most} MiB at most, processors and processes too",
                f"{len(found)} 个运行中，内存上限 {most} MiB，CPU 与进程数均受限",
            )
        )
    ]


CONTAINER_LIMITS = Check(
    id="container-limits",
    section=Section.SANDBOX,
    title=Words("Limits of agents", "容器资源限制"),
    why=Words("One agent could take the whole machine down.", "单个智能体可能耗尽整台机器的资源。"),
    look=_look,
)

"""Running agents have no privileges: as their engine, or the kernel, reports it."""

import asyncio
from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.containers import Container, Inside, containers, processes, running
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.secrets import KeyFinder

_TODO = Words(
    "Stop it: `nanoclaw stop`, then start again. Nobody but nanoclaw should make containers with its labels.",
    "请用 `nanoclaw stop` 停止后重新启动；除 nanoclaw 外，不应有其他程序创建带此标签的容器。",
)
_ROOT = {"", "0", "root", "0:0", "root:root"}


def judge(container: Container, finder: KeyFinder) -> list[Finding]:
    """What a container has that it must not."""
    wrong = (
        (container.privileged, "is privileged", "以特权模式运行"),
        (container.network != "none", f"is on the network {container.network!r}", f"接入了网络 {container.network!r}"),
        (container.capabilities, "has capabilities", "拥有内核能力（capabilities）"),
        (container.new_privileges, "may gain privileges", "未设置 no-new-privileges"),
        (container.unfiltered, "has no filter of system calls", "未启用 seccomp 系统调用过滤"),
        (not container.read_only, "can write its own system", "根文件系统可写"),
        (container.user in _ROOT, "runs as root", "以 root 身份运行"),
        (
            bool(container.shared),
            f"shares {', '.join(container.shared)} of the host",
            f"共享了宿主机的 {'、'.join(container.shared)}",
        ),
        (finder.is_in("\n".join(container.environment).encode()), "has a key in its environment", "环境变量中含有密钥"),
    )
    return _findings(container.name, wrong)


def judge_inside(inside: Inside) -> list[Finding]:
    """The same for a sandbox without an engine."""
    wrong = (
        (inside.capabilities, "has capabilities", "拥有内核能力（capabilities）"),
        (inside.new_privileges, "may gain privileges", "未设置 no-new-privileges"),
        (inside.unfiltered, "has no filter of system calls", "未启用 seccomp 系统调用过滤"),
        (inside.root, "runs as root", "以 root 身份运行"),
    )
    return _findings(inside.name, wrong)


def _findings(name: str, wrong: Sequence[tuple[bool, str, str]]) -> list[Finding]:
    return [error(Words(f"{name} {what}", f"{name} {what_zh}"), _TODO) for is_so, what, what_zh in wrong if is_so]


async def _look(ground: Ground) -> Sequence[Finding]:
    engine = await running(ground)
    alone = await asyncio.to_thread(processes, ground, engine)
    findings = [finding for inside in alone for finding in judge_inside(inside)]
    count = len(alone)
    if not alone:
        found, finder = await containers(ground), KeyFinder(ground.upstream)
        findings += [finding for container in found for finding in judge(container, finder)]
        count = len(found)
    return findings or [
        fine(
            Words(
                f"{count} running, without network, capabilities, root or a writable system",
                f"{count} 个运行中，均无网络、无特权、非 root、系统只读",
            )
        )
    ]


CONTAINER_FLAGS = Check(
    id="container-flags",
    section=Section.SANDBOX,
    title=Words("Privileges of agents", "容器隔离"),
    why=Words("An agent does what people in a chat talk it into.", "聊天中的任何人都可能诱使智能体执行操作。"),
    look=_look,
)

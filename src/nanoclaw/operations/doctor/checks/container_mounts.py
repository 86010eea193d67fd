"""Running agents see the folders that were planned for them, and no other."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.model.groups import Group
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.containers import Bind, Container, containers
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.sandboxes.contract import CLAUDE_HOME, GATEWAY, GLOBAL_FOLDER, WORKSPACE
from nanoclaw.settings.home import Home
from nanoclaw.workspaces.mounts import EXTRA, MountRefusedError, check_mounts, load_allowlist

_TODO = Words("Stop it: `nanoclaw stop`, then start again.", "请用 `nanoclaw stop` 停止后重新启动。")


def planned(home: Home, group: Group, allowlist: Path) -> set[Bind]:
    """What an agent of a group may see, apart from the gateway's sockets. Blocks."""
    own = {
        Bind(source=home.group(group.folder), target=WORKSPACE, writable=True),
        Bind(source=home.global_folder, target=GLOBAL_FOLDER, writable=group.is_main),
        Bind(source=home.sessions(group.folder), target=CLAUDE_HOME, writable=True),
    }
    try:
        extra = check_mounts(load_allowlist(allowlist), group.options.mounts, home.root, is_main=group.is_main)
    except MountRefusedError:
        extra = ()  # what is refused today is not planned
    return own | {Bind(source=one.source, target=one.target, writable=one.writable) for one in extra}


def judge(container: Container, plan: set[Bind], home: Home) -> list[Finding]:
    """What a container sees too much or too little. It may be told of a host folder by its real path."""
    real = {_real(bind) for bind in plan}
    seen = {_real(bind) for bind in container.binds}
    sockets = {bind for bind in seen if bind.target == GATEWAY and _is_its_gateway(bind, container, home)}
    strange = sorted(f"{bind.source} → {bind.target}" for bind in seen - real - sockets)
    missing = sorted(str(bind.target) for bind in real - seen if EXTRA not in bind.target.parents)
    return [
        error(Words(f"{container.name} sees {what}", f"{container.name} 挂载了计划外的目录 {what}"), _TODO)
        for what in strange
    ] + [error(Words(f"{container.name} lacks {what}", f"{container.name} 缺少挂载 {what}"), _TODO) for what in missing]


def _real(bind: Bind) -> Bind:
    return Bind(source=Path(bind.source).resolve(), target=bind.target, writable=bind.writable)


def _is_its_gateway(bind: Bind, container: Container, home: Home) -> bool:
    return not bind.writable and bind.source.parent == home.ipc.resolve() / container.group


async def _look(ground: Ground) -> Sequence[Finding]:
    found = await containers(ground)
    groups = {group.folder: group for group in (await ground.known_roll()).groups}
    findings: list[Finding] = []
    for container in found:
        group = groups.get(container.group)
        plan = await asyncio.to_thread(planned, ground.home, group, ground.mount_allowlist) if group else set()
        findings += judge(container, plan, ground.home)
    return findings or [fine(Words(f"{len(found)} running, as planned", f"{len(found)} 个运行中，均与计划一致"))]


CONTAINER_MOUNTS = Check(
    id="container-mounts",
    section=Section.SANDBOX,
    title=Words("Mounts of agents", "容器挂载"),
    why=Words("What is mounted, the agent can read and send.", "挂载进去的内容，智能体都能读取并外传。"),
    look=_look,
)

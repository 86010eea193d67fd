"""The folders that groups ask for exist and are allowed; nobody else can write the allowlist."""

import asyncio
from collections.abc import Sequence

from nanoclaw.model.groups import Group
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.workspaces.mounts import Allowlist, MountRefusedError, check_mounts, load_allowlist


async def _look(ground: Ground) -> Sequence[Finding]:
    try:
        allowlist = await asyncio.to_thread(load_allowlist, ground.mount_allowlist)
    except MountRefusedError as problem:
        return [_refused(str(problem), f"挂载白名单无效：{problem}", problem.hint)]
    groups = (await _groups(ground)) if ground.home.database.exists() else ()
    findings = [finding for group in groups for finding in await asyncio.to_thread(_of_group, ground, allowlist, group)]
    count = sum(len(group.options.mounts) for group in groups)
    roots = len(allowlist.allowed_roots)
    return findings or [
        fine(
            Words(
                f"{count} extra folders, all there and allowed; {roots} allowed roots",
                f"{count} 个额外挂载均存在且已授权；白名单 {roots} 项",
            )
        )
    ]


async def _groups(ground: Ground) -> tuple[Group, ...]:
    try:
        return (await ground.known_roll()).groups
    except NotKnownError:
        return ()


def _of_group(ground: Ground, allowlist: Allowlist, group: Group) -> list[Finding]:
    findings = []
    for mount in group.options.mounts:
        try:
            check_mounts(allowlist, (mount,), ground.home.root, is_main=group.is_main)
        except MountRefusedError as problem:
            findings.append(
                _refused(
                    f"{group.folder}: {problem}", f"{group.folder}：{mount.source} 无法挂载（{problem}）", problem.hint
                )
            )
    return findings


def _refused(what: str, what_zh: str, hint: str) -> Finding:
    return error(
        Words(what, what_zh),
        Words(hint, "请创建该目录、从该组的 mounts 中移除，或在挂载白名单中授权（文件须仅所有者可写）。"),
    )


MOUNTS = Check(
    id="mounts",
    section=Section.CONFIGURATION,
    title=Words("Extra mounts", "额外挂载"),
    why=Words("A group whose folder cannot be shown gets no answer.", "挂载目录不可用时，该组得不到回答。"),
    look=_look,
)

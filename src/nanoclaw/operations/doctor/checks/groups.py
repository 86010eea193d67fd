"""The registered groups can be read, have folders that can be folders, and one of them is the owner's."""

from collections.abc import Sequence

from nanoclaw.model.groups import Group, InvalidFolderError, parse_folder
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground


def judge(groups: Sequence[Group]) -> list[Finding]:
    """What is wrong with the groups."""
    findings = []
    for group in groups:
        try:
            parse_folder(group.folder)
        except InvalidFolderError as problem:
            findings.append(
                error(
                    Words(str(problem), f"{group.folder!r} 不能用作组目录名"),
                    Words("Remove that group, and add it under another name.", "请删除该组，并用其他名称重新添加。"),
                )
            )
    if not any(group.is_main for group in groups):
        findings.append(
            error(
                Words("there is no main group", "没有主组"),
                Words("The next start of the assistant makes it.", "助手下次启动时会自动创建。"),
            )
        )
    return findings


async def _look(ground: Ground) -> Sequence[Finding]:
    groups = (await ground.roll.get()).groups
    return judge(groups) or [fine(Words(f"{len(groups)} registered", f"已注册 {len(groups)} 个"))]


GROUPS = Check(
    id="groups",
    section=Section.CONFIGURATION,
    title=Words("Groups", "组"),
    why=Words("A group that cannot be read gets no answer.", "无法读取的组得不到任何回答。"),
    look=_look,
)

"""No key stands in a place that an agent can read."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.secrets import KeyFinder, names
from nanoclaw.workspaces.files import WorkspaceFileError, read_file

_NAMES = ("CLAUDE.md", ".env", "CLAUDE.local.md", ".claude/settings.json", ".claude/settings.local.json")
_MOST = 1024 * 1024


def find(groups: Path, finder: KeyFinder) -> list[Path]:
    """The files that hold a key, below the folder of the groups. What agents wrote is opened with care."""
    found = []
    for folder in sorted(path for path in groups.iterdir() if path.is_dir() and not path.is_symlink()):
        for name in _NAMES:
            try:
                text = read_file(folder, name, _MOST)
            except WorkspaceFileError:
                continue  # not there, or no plain file: no agent's notes
            if finder.is_in(text):
                found.append(Path(folder.name, name))
    return found


async def _look(ground: Ground) -> Sequence[Finding]:
    groups = ground.existing_home().groups
    found = await asyncio.to_thread(find, groups, KeyFinder(ground.upstream)) if groups.is_dir() else []
    if not found:
        return [fine(Words("none where agents keep notes and settings", "智能体的记忆与设置文件中均未发现"))]
    return [
        error(
            Words(f"a key stands in groups/: {names(found)}", f"groups/ 中出现密钥：{names(found)}"),
            Words(
                "Take it out and replace the key: the gateway signs requests, an agent needs none.",
                "请删除并更换密钥：请求由网关签名，智能体不需要密钥。",
            ),
        )
    ]


KEYS_IN_GROUPS = Check(
    id="keys-in-groups",
    section=Section.SECURITY,
    title=Words("Keys within agents' reach", "智能体可读的密钥"),
    why=Words(
        "Whoever can talk to an agent can talk it into showing what it reads.",
        "能与智能体对话的人，都可能诱使它泄露所读内容。",
    ),
    look=_look,
)

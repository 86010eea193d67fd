"""Everything of ours under the home belongs to whoever the home belongs to."""

import asyncio
from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.modes import agents_own, walk
from nanoclaw.operations.doctor.secrets import names
from nanoclaw.settings.home import Home


def find_strangers(home: Home) -> list[str]:
    """Paths of another owner, relative to the home. Agents' folders and sockets may be their user's."""
    owner = home.root.stat().st_uid
    theirs = {home.groups, home.root / "data" / "sessions", home.ipc}
    found = []
    for path in walk(home.root, (*agents_own(home), home.ipc)):
        if theirs & set(path.parents):
            continue
        try:
            other = path.lstat().st_uid != owner
        except FileNotFoundError:
            continue
        if other:
            found.append(str(path.relative_to(home.root)))
    return sorted(found)


async def _look(ground: Ground) -> Sequence[Finding]:
    home = ground.existing_home()
    found = await asyncio.to_thread(find_strangers, home)
    if not found:
        return [fine(Words("all of it the home's owner's", "均属于主目录的所有者"))]
    return [
        error(
            Words(f"of another owner: {names(found)}", f"所有者不一致：{names(found)}"),
            Words(
                "Give them back with chown; run nanoclaw as one user only.",
                "请用 chown 改回所有者；只用同一个用户运行 nanoclaw。",
            ),
        )
    ]


OWNERSHIP = Check(
    id="ownership",
    section=Section.SECURITY,
    title=Words("Owner of files", "文件所有者"),
    why=Words(
        "What root made by a command, the assistant cannot open.", "以 root 身份运行命令留下的文件，助手将无法打开。"
    ),
    look=_look,
)

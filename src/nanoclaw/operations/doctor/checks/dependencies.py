"""The installed packages are those of the lock file."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.checkout import find_lock
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground

_LINE = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)\s*(?P<marker>;)?", re.MULTILINE)


def judge(lock: str, installed: Mapping[str, str | None]) -> Finding:
    """Compare the lock's text with what is installed, by name.

    A package for other systems may be missing; one that is locked for several Pythons stands there once for each.
    """
    lines = list(_LINE.finditer(lock))
    locked: dict[str, list[str]] = {}
    for line in lines:
        locked.setdefault(line["name"], []).append(line["version"])
    needed = {line["name"] for line in lines if not line["marker"]}
    missing = [name for name in locked if installed.get(name) is None and name in needed]
    other = [
        f"{name} {here} (lock: {' or '.join(versions)})"
        for name, versions in locked.items()
        if (here := installed.get(name)) is not None and here not in versions
    ]
    if not other and not missing:
        return fine(Words(f"{len(locked)} packages as in the lock", f"{len(locked)} 个依赖包与锁文件一致"))
    shown = ", ".join([*missing, *other][:4])
    return error(
        Words(
            f"{len(missing)} missing, {len(other)} of another version: {shown}",
            f"缺失 {len(missing)} 个，版本不符 {len(other)} 个：{shown}",
        ),
        Words("Remove .venv; the next ./nanoclaw makes it anew.", "请删除 .venv，下次运行 ./nanoclaw 时会重新创建。"),
    )


def _look_at(lock: Path) -> Finding:
    text = lock.read_text(encoding="utf-8")
    return judge(text, {line["name"]: _installed(line["name"]) for line in _LINE.finditer(text)})


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


async def _look(_ground: Ground) -> Sequence[Finding]:
    lock = find_lock()
    if lock is None:
        raise NotKnownError(
            Words("installed as a package, which has no lock file", "以软件包方式安装，没有锁文件可供比对")
        )
    return [await asyncio.to_thread(_look_at, lock)]


DEPENDENCIES = Check(
    id="dependencies",
    section=Section.PREFLIGHT,
    title=Words("Dependencies", "依赖包"),
    why=Words(
        "Only the locked versions are tested together; another one may break anything.",
        "只有锁定的版本经过整体测试，其他版本可能引发各种故障。",
    ),
    look=_look,
)

"""No key, message or session is under version control."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import nanoclaw
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine, skipped, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.secrets import KeyFinder, names
from nanoclaw.sandboxes.contract import EngineUnavailableError
from nanoclaw.sandboxes.engine import EngineClient

_PRIVATE = (".env", "config.toml", "store", "data", "groups", "logs", "backups")
_LARGEST = 512 * 1024
# The repository's own configuration may name a program to run for a listing; ours asks for none.
_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


async def tracked(folder: Path, environment: Mapping[str, str]) -> tuple[Path, ...] | None:
    """What git has of a folder, relative to it; None when there is no git, or it refuses to look."""
    git = EngineClient("git", environment)
    try:
        listed = await git.call(*_QUIET, "-C", str(folder), "ls-files", "-z", "--", ".", seconds=5)
    except EngineUnavailableError:
        return None
    return tuple(Path(name) for name in listed.text.split("\0") if name) if listed.ok else None


async def is_ignored(folder: Path, environment: Mapping[str, str]) -> bool:
    """Whether git was told to leave a folder out. Raises EngineUnavailableError without a git."""
    git = EngineClient("git", environment)
    return (await git.call(*_QUIET, "-C", str(folder), "check-ignore", "--quiet", ".", seconds=5)).ok


def work_tree(folder: Path) -> Path | None:
    """The folder above (or this one) that is a git work tree."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


async def _look(ground: Ground) -> Sequence[Finding]:
    home = ground.existing_home().root
    checkout = Path(nanoclaw.__file__).parents[2]
    tree = work_tree(home)
    findings = []
    if tree is not None:
        files = await tracked(home, ground.environment)
        ignored = files == () and await is_ignored(home, ground.environment)
        findings += [judge(files or (), tree, ignored=ignored), *([] if files is not None else [_unasked(tree)])]
    if work_tree(checkout) == checkout:
        files = await tracked(checkout, ground.environment)
        if files is None:
            findings.append(_unasked(checkout))
        else:
            findings += await asyncio.to_thread(_in_checkout, checkout, files, KeyFinder(ground.upstream))
    if not findings:
        raise NotKnownError(
            Words("neither the home nor the program is in a git work tree", "主目录和程序都不在 git 工作区中")
        )
    return findings


def _unasked(tree: Path) -> Finding:
    return skipped(Words(f"git does not tell what it has of {tree}", f"git 无法列出 {tree} 中的文件"))


def judge(files: tuple[Path, ...], tree: Path, *, ignored: bool = False) -> Finding:
    """``files``: what git has of a home inside the work tree ``tree``; ``ignored``: it leaves the home out."""
    private = [path for path in files if path.parts[0] in _PRIVATE]
    if private:
        return error(
            Words(f"git has {names(private)} of the home folder", f"主目录中的 {names(private)} 已纳入 git"),
            Words(
                "git rm --cached them, ignore the folder, and replace the keys: history keeps them.",
                "用 git rm --cached 移除并忽略该目录；请更换密钥，因为提交历史会保留它们。",
            ),
        )
    if ignored:
        return fine(Words(f"git ignores the home in {tree}", f"git 已忽略 {tree} 中的主目录"))
    return warning(
        Words(f"the home lies in the git work tree {tree}", f"主目录位于 git 工作区 {tree} 内"),
        Words("Move the home elsewhere, or name it in .gitignore.", "请将主目录移到别处，或写入 .gitignore。"),
    )


def _in_checkout(checkout: Path, files: tuple[Path, ...], finder: KeyFinder) -> list[Finding]:
    private = [path for path in files if path.name == ".env"]
    private += [path for path in files if _holds(checkout / path, finder)]
    if private:
        return [
            error(
                Words(f"a key is under version control in {names(private)}", f"版本控制中包含密钥：{names(private)}"),
                Words(
                    "Take it out, and replace the key: history keeps it.", "请移除并更换密钥，因为提交历史会保留它。"
                ),
            )
        ]
    return [fine(Words(f"none in {len(files)} files of the program", f"程序的 {len(files)} 个文件中均未发现"))]


def _holds(path: Path, finder: KeyFinder) -> bool:
    try:
        return path.is_file() and path.stat().st_size <= _LARGEST and finder.is_real(path.read_bytes())
    except OSError:
        return False


KEYS_IN_VERSION_CONTROL = Check(
    id="keys-in-version-control",
    section=Section.SECURITY,
    title=Words("Keys under version control", "版本控制中的密钥"),
    why=Words("What is committed is copied and never forgotten.", "一旦提交就会被复制，并永久留在历史中。"),
    look=_look,
)

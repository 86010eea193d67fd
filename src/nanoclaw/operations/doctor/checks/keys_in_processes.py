"""No key stands in the command line of a process, where every user of the machine can read it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.secrets import KeyFinder


def find(processes: Path, finder: KeyFinder) -> tuple[int, list[str]]:
    """How many processes there are, and those with a key: name and id, never the arguments."""
    count, found = 0, []
    for entry in processes.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        count += 1
        if finder.is_in(line):
            found.append(f"{_name(line, finder)} ({entry.name})")
    return count, sorted(found)


def _name(line: bytes, finder: KeyFinder) -> str:
    """The program's name. A process may have put its whole command line there, the key too."""
    program = line.split(b"\0")[0].split(b" ")[0].rpartition(b"/")[2]
    return "?" if finder.is_in(program) else program.decode(errors="replace")[:40]


async def _look(ground: Ground) -> Sequence[Finding]:
    if not ground.processes.is_dir():
        raise NotKnownError(Words("this system has no /proc to look in", "此系统没有 /proc，无法检查"))
    count, found = await asyncio.to_thread(find, ground.processes, KeyFinder(ground.upstream))
    if not found:
        return [fine(Words(f"none in {count} processes", f"{count} 个进程中均未发现"))]
    shown = ", ".join(found[:4])
    return [
        error(
            Words(f"in the command line of {shown}", f"出现在进程命令行中：{shown}"),
            Words(
                "End it, give the key by .env or the environment instead, and replace the key: it was seen.",
                "请结束该进程，改用 .env 或环境变量传递密钥；并更换密钥，因为它已暴露。",
            ),
        )
    ]


KEYS_IN_PROCESSES = Check(
    id="keys-in-processes",
    section=Section.SECURITY,
    title=Words("Keys in the process list", "进程列表中的密钥"),
    why=Words("Every user of the machine can list arguments.", "机器上的任何用户都能看到进程参数。"),
    look=_look,
)

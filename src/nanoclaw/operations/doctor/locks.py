"""Who holds SQLite's locks on a database, as the kernel lists them."""

import os
from dataclasses import dataclass
from pathlib import Path

_WRITE_BYTE = 120
"""In the ``-shm`` file: WAL_WRITE_LOCK. One write transaction at a time holds it."""
_PENDING_BYTE = 0x40000000
"""In the database itself: from here on lie the locks of writers without a write-ahead log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that keeps others from writing."""

    pid: int
    program: str


def find_writers(database: Path, processes: Path) -> tuple[Holder, ...] | None:
    """Processes that hold a write lock right now; None where the kernel lists no locks. Blocks.

    A daemon at work holds it for milliseconds: ask twice.
    """
    try:
        lines = (processes / "locks").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    places = {_inode(database): (_PENDING_BYTE, 2**62), _inode(Path(f"{database}-shm")): (_WRITE_BYTE, _WRITE_BYTE)}
    holders = {pid for line in lines if (pid := _writer(line.split(), places)) is not None}
    return tuple(Holder(pid=pid, program=_program(processes, pid)) for pid in sorted(holders))


def _writer(fields: list[str], places: dict[str, tuple[int, int]]) -> int | None:
    """Of ``1: POSIX  ADVISORY  WRITE 4321 fe:01:5678 120 120``, the process; None when it is another lock."""
    if len(fields) < 8 or fields[1] not in {"POSIX", "OFDLCK"} or fields[3] != "WRITE" or fields[5] not in places:
        return None
    first, last = places[fields[5]]
    start, end = int(fields[6]), 2**63 if fields[7] == "EOF" else int(fields[7])
    return int(fields[4]) if start <= last and end >= first else None


def _inode(path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return ""
    return f"{os.major(state.st_dev):02x}:{os.minor(state.st_dev):02x}:{state.st_ino}"


def _program(processes: Path, pid: int) -> str:
    try:
        return (processes / str(pid) / "comm").read_text(errors="replace").strip()
    except OSError:
        return "?"

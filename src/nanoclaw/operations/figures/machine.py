"""What can be read of this process, its children, the machine and the files of a home, without asking anybody."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.figures.counting import Key
from nanoclaw.store.files import log_of

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SECONDS = 10
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One line of the process table. ``resident`` in bytes."""

    pid: int
    parent: int
    resident: int


def look(root: Path, databases: Mapping[str, Path]) -> dict[Key, float]:
    """Every gauge that the system tells. What cannot be read is left out."""
    found: dict[Key, float] = {
        ("process_heap_blocks", ""): sys.getallocatedblocks(),
        ("process_threads", ""): threading.active_count(),
    }
    processes = read_processes()
    own = [one for one in processes if one.pid == os.getpid()]
    below = descendants(processes, os.getpid())
    if own:
        found["process_resident_bytes", ""] = own[0].resident
        found["children_resident_bytes", ""] = sum(one.resident for one in below)
        found["children_processes", ""] = len(below)
    readings: tuple[tuple[str, Callable[[], float | None]], ...] = (
        ("process_open_files", lambda: sum(1 for _ in Path("/dev/fd").iterdir())),
        ("machine_available_bytes", available_memory),
        ("machine_load", lambda: os.getloadavg()[0]),
        ("disk_free_bytes", lambda: shutil.disk_usage(root).free),
    )
    for name, reading in readings:
        with suppress(OSError):
            if (value := reading()) is not None:
                found[name, ""] = value
    return found | _sizes(databases)


def _sizes(databases: Mapping[str, Path]) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for name, path in databases.items():
        with suppress(OSError):
            found["database_bytes", name] = path.stat().st_size
        with suppress(OSError):
            found["database_wal_bytes", name] = log_of(path).stat().st_size
    return found


def descendants(processes: Iterable[Process], pid: int) -> list[Process]:
    """All processes below one."""
    children: dict[int, list[Process]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    pending = [pid]
    while pending:
        below = children.pop(pending.pop(), [])
        found += below
        pending += [process.pid for process in below]
    return found


def read_processes() -> list[Process]:
    """The process table: from ``/proc``, or where there is none from ``ps``."""
    if (_PROC / "self" / "stat").exists():
        entries = [entry.name for entry in _PROC.iterdir() if entry.name.isdigit()]
        return [process for entry in entries if (process := _read_stat(entry))]
    return parse_ps(_said("ps", "-axo", "pid=,ppid=,rss="))


def _read_stat(entry: str) -> Process | None:
    try:
        # The name of the program, in parentheses, may itself hold spaces and parentheses.
        words = (_PROC / entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return Process(pid=int(entry), parent=int(words[1]), resident=int(words[21]) * _PAGE)
    except (OSError, ValueError, IndexError):
        return None


def parse_ps(text: str) -> list[Process]:
    """What ``ps -axo pid=,ppid=,rss=`` says, in KiB."""
    rows = [line.split() for line in text.splitlines()]
    return [
        Process(pid=int(row[0]), parent=int(row[1]), resident=int(row[2]) * 1024)
        for row in rows
        if len(row) == 3 and all(word.isdigit() for word in row)
    ]


def available_memory() -> float | None:
    """Bytes that the machine can give without swapping; None where nobody says."""
    with suppress(OSError, ValueError, IndexError):
        for line in (_PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return parse_vm_stat(_said("vm_stat")) if sys.platform == "darwin" else None


def parse_vm_stat(text: str) -> float | None:
    """What macOS calls free, inactive, speculative and purgeable."""
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    page = next((int(word) for word in text.splitlines()[:1] for word in word.split() if word.isdigit()), 0)
    pages = [lines.get(f"Pages {kind}", "").strip(" .") for kind in ("free", "inactive", "speculative", "purgeable")]
    known = [int(count) for count in pages if count.isdigit()]
    return sum(known) * page if page and known else None


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout

"""What sandboxes without an engine use, counted from ``/proc``."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

from nanoclaw.sandboxes.contract import SandboxUsage
from nanoclaw.sandboxes.inside.confine import descendants, memory_kib
from nanoclaw.sandboxes.records import Record

_BETWEEN_SECONDS = 0.5


async def measure(records: tuple[Record, ...]) -> tuple[SandboxUsage, ...]:
    """Two looks, half a second apart: how busy something is shows only over time."""
    if not records:
        return ()
    before, began = [_ticks(record) for record in records], time.monotonic()
    await asyncio.sleep(_BETWEEN_SECONDS)
    return await asyncio.to_thread(_counted, records, before, began)


def _counted(records: tuple[Record, ...], before: list[int], began: float) -> tuple[SandboxUsage, ...]:
    passed = (time.monotonic() - began) * os.sysconf("SC_CLK_TCK")
    found = []
    for record, ticks in zip(records, before, strict=True):
        processes = descendants(record.first.pid)
        if record.first.alive():
            found.append(
                SandboxUsage(
                    name=record.name,
                    memory=memory_kib(processes, 0) << 10,
                    memory_limit=_limit(record),
                    cpu_percent=round(max(0, _ticks(record) - ticks) / passed * 100, 1),
                    processes=len(processes),
                )
            )
    return tuple(found)


def _ticks(record: Record) -> int:
    """Processor time of all processes that there are, and of those that they have outlived, in clock ticks."""
    total = 0
    for pid in descendants(record.first.pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total


def _limit(record: Record) -> int | None:
    """Bytes that the supervisor allows, from its command line; None where a control group holds the limit."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        words = Path(f"/proc/{record.supervisor.pid}/cmdline").read_bytes().split(b"\0")
        return (int(words[words.index(b"--memory") + 1]) << 20) or None
    return None

"""How much a group's folders hold, and whether that is too much.

No engine bounds the size of a shared folder on every system, so it is measured: before a start, and again and again
while the agent works, the more often the closer it comes to its limit.
"""

import asyncio
import errno
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 512
_MIB = 1024 * 1024
_SHORTEST, _LONGEST = 0.5, 10.0
_SHARE = 20
"""A measurement may take one part in so many of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What lies in some folders: bytes on disk, and files and folders."""

    bytes: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A limit that was passed, in words: ``3,000 MiB of 2,048 MiB``."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What some folders together may hold."""

    bytes: int
    entries: int

    def judge(self, usage: Usage) -> Excess | None:
        """What is too much; None when nothing is."""
        if usage.bytes > self.bytes:
            return Excess(what=f"{usage.bytes // _MIB:,} MiB of {self.bytes // _MIB:,} MiB")
        if usage.entries > self.entries:
            return Excess(what=f"more than {self.entries:,} files and folders")
        return None

    async def check(self, roots: Sequence[Path]) -> Excess | None:
        """What is too much now."""
        return self.judge(await asyncio.to_thread(self._measure, roots))

    async def watch(self, roots: Sequence[Path]) -> Excess:
        """Measure until something is too much, and say what."""
        while True:
            began = time.monotonic()
            usage = await asyncio.to_thread(self._measure, roots)
            excess = self.judge(usage)
            if excess is not None:
                return excess
            full = max(usage.bytes / self.bytes, usage.entries / self.entries)
            wished = _SHORTEST if full > 0.5 else _LONGEST * (1 - full) / 4
            await asyncio.sleep(min(_LONGEST, max(_SHORTEST, wished, (time.monotonic() - began) * _SHARE)))

    def _measure(self, roots: Sequence[Path]) -> Usage:
        """As much as it takes to know whether it is too much. Follows no link; what vanishes is not counted."""
        size = entries = 0
        waiting = [os.fspath(root) for root in roots]
        while waiting and size <= self.bytes and entries <= self.entries:
            try:
                with os.scandir(waiting.pop()) as found:
                    for entry in found:
                        entries += 1
                        if entries > self.entries:
                            break
                        size += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    # Nobody who works nests folders so deep, and what lies below cannot be counted.
                    return Usage(bytes=size, entries=self.entries + 1)
        return Usage(bytes=size, entries=entries)

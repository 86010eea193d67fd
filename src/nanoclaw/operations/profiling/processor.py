"""A profile of the processor: every thread is looked at a hundred times a second, from a thread of our own.

On Linux a look counts for as much processor time as the kernel says that the thread used since the last one: who waits
costs nothing. Elsewhere it counts for the time that passed, and threads that wait show up as such.
"""

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from nanoclaw.operations.profiling.frames import name_of, stack_of

PAUSE_SECONDS = 0.01
_MOST_STACKS = 50_000
_TASKS = Path("/proc/self/task")

Stack = tuple[str, tuple[CodeType, ...]]
"""The thread, with the task that its event loop runs, and what it was in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTime:
    """Seconds spent in a function itself, and with all that it called."""

    function: str
    own: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorProfile:
    """What was seen. ``weights`` in nanoseconds; ``by_processor``: of the processor, else of the clock."""

    seconds: float
    looks: int
    by_processor: bool
    weights: Mapping[Stack, int]
    cost: float
    """Processor seconds that the looking itself took."""

    def functions(self, most: int) -> list[FunctionTime]:
        """The functions that took most, themselves first."""
        own: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for (_, stack), weight in self.weights.items():
            names = [name_of(code) for code in stack]
            own[names[-1]] += weight
            total.update(dict.fromkeys(names, weight))
        ordered = sorted(total, key=lambda name: (-own[name], -total[name], name))[:most]
        return [FunctionTime(function=name, own=own[name] / 1e9, total=total[name] / 1e9) for name in ordered]

    def collapsed(self) -> str:
        """A line a stack, as programs that draw flame graphs read them, weighted in microseconds."""
        lines: Counter[str] = Counter()
        for (thread, stack), weight in self.weights.items():
            lines[";".join((thread, *map(name_of, stack)))] += weight
        return "".join(f"{line} {weight // 1000}\n" for line, weight in sorted(lines.items()) if weight >= 1000)


def profile_processor(seconds: float, stop: threading.Event, loop: asyncio.AbstractEventLoop) -> ProcessorProfile:
    """Look for so long, or until told to stop. Runs in the thread that calls it, which is not looked at."""
    weights: Counter[Stack] = Counter()
    looks, by_processor = 0, _TASKS.exists()
    began, worked = time.monotonic(), time.thread_time()
    last = began
    used = _used() if by_processor else {}
    while (now := time.monotonic()) < began + seconds and not stop.wait(PAUSE_SECONDS):
        frames = sys._current_frames()  # noqa: SLF001 - the one way to see other threads
        spent, used = _spent(used) if by_processor else ({}, used)
        passed = int((now - last) * 1e9)
        last = now
        looks += 1
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            weight = spent.get(thread.native_id or 0, 0) if by_processor else passed
            if frame is None or thread is threading.current_thread() or weight <= 0:
                continue
            stack = (_name(thread, loop), stack_of(frame))
            if stack in weights or len(weights) < _MOST_STACKS:
                weights[stack] += weight
        del frames
    return ProcessorProfile(
        seconds=time.monotonic() - began,
        looks=looks,
        by_processor=by_processor,
        weights=weights,
        cost=time.thread_time() - worked,
    )


def _name(thread: threading.Thread, loop: asyncio.AbstractEventLoop) -> str:
    name = thread.name
    if thread is threading.main_thread():
        with suppress(RuntimeError):
            if (task := asyncio.current_task(loop)) is not None:
                name = f"{name} [{task.get_name()}]"
    return name.replace(";", ",").replace(" ", "_")


def _used() -> dict[int, int]:
    """Nanoseconds on a processor, by thread."""
    found = {}
    for thread in threading.enumerate():
        with suppress(OSError, ValueError, IndexError):
            found[thread.native_id or 0] = int((_TASKS / str(thread.native_id) / "schedstat").read_text().split()[0])
    return found


def _spent(before: Mapping[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    used = _used()
    return {thread: used[thread] - before.get(thread, used[thread]) for thread in used}, used

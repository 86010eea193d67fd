"""Where every thread and every task stands right now."""

import asyncio
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from nanoclaw.operations.profiling.frames import name_of

_DEEPEST = 100
_MOST_TASKS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A thread or a task: its name, and its calls, outermost first, as ``file:function:line``."""

    name: str
    calls: tuple[str, ...]


def threads() -> list[Standing]:
    """All threads of Python."""
    frames = sys._current_frames()  # noqa: SLF001 - the one way to see other threads
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found = [
        Standing(name=names.get(ident, f"thread {ident}"), calls=_walk(traceback.walk_stack(frame)))
        for ident, frame in frames.items()
    ]
    return sorted(found, key=lambda one: one.name)


def tasks(loop: asyncio.AbstractEventLoop) -> list[Standing]:
    """All tasks of a loop, each down to what it waits for."""
    for _ in range(10):
        try:
            known = asyncio.all_tasks(loop)
            break
        except RuntimeError:
            # A task began or ended while another thread looked through them.
            continue
    else:
        return []
    found = [Standing(name=task.get_name(), calls=_awaits(task)) for task in list(known)[:_MOST_TASKS]]
    return sorted(found, key=lambda one: one.name)


def written(kind: str, standings: Iterable[Standing]) -> str:
    """For people."""
    lines: list[str] = []
    for one in standings:
        lines += [f"{kind} {one.name}", *(f"  {call}" for call in one.calls), ""]
    return "\n".join(lines) + "\n"


def _walk(frames: Iterable[tuple[FrameType, int]]) -> tuple[str, ...]:
    deepest = [_call(frame.f_code, line) for (frame, line), _ in zip(frames, range(_DEEPEST), strict=False)]
    return tuple(reversed(deepest))


def _awaits(task: "asyncio.Task[Any]") -> tuple[str, ...]:
    return tuple(call for call, _ in zip(_chain(task.get_coro()), range(_DEEPEST), strict=False))


def _chain(awaited: Any) -> Iterator[str]:
    """From what a task runs down to what it waits for, coroutine by coroutine."""
    while awaited is not None:
        parts = next((parts for parts in (_parts(awaited, kind) for kind in ("cr", "gi", "ag")) if parts), None)
        if parts is None:
            return
        code, frame, awaited = parts
        yield _call(code, frame.f_lineno if frame is not None else code.co_firstlineno)


def _parts(awaited: Any, kind: str) -> tuple[CodeType, FrameType | None, Any] | None:
    code = getattr(awaited, f"{kind}_code", None)
    if code is None:
        return None
    further = "gi_yieldfrom" if kind == "gi" else f"{kind}_await"
    return code, getattr(awaited, f"{kind}_frame", None), getattr(awaited, further, None)


def _call(code: CodeType, line: int | None) -> str:
    return f"{name_of(code)}:{line or 0}"

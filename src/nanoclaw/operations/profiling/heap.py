"""What fills the memory, and what of it grew while one looked."""

import gc
import os
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from nanoclaw.operations.figures.machine import read_processes
from nanoclaw.operations.profiling.frames import place_of

_FILTERS = (
    tracemalloc.Filter(inclusive=False, filename_pattern=tracemalloc.__file__),
    tracemalloc.Filter(inclusive=False, filename_pattern=__file__),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of code, and how much more memory got there lives at the end than at the beginning."""

    place: str
    bytes: int
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCount:
    """A type of objects that the garbage collector knows: how many there are, and how many more than before."""

    type: str
    count: int
    grown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapProfile:
    """What was seen. ``tracing_bytes`` is what the tracing itself took; ``pause`` the longest that all else stood."""

    seconds: float
    resident: int
    resident_before: int
    tracing_bytes: int
    pause: float
    places: tuple[Place, ...]
    types: tuple[TypeCount, ...]


def profile_heap(seconds: float, top: int, stop: threading.Event) -> HeapProfile:
    """Trace allocations for so long, or until told to stop; tracing is off again afterwards."""
    resident_before, began = resident(), time.monotonic()
    before = _count_types()
    pause = time.monotonic() - began
    places, tracing = _trace(seconds, top, stop)
    gc.collect()
    middle = time.monotonic()
    after = _count_types()
    return HeapProfile(
        seconds=middle - began,
        resident=resident(),
        resident_before=resident_before,
        tracing_bytes=tracing,
        pause=max(pause, time.monotonic() - middle),
        places=places,
        types=_grown(before, after, top),
    )


def _trace(seconds: float, top: int, stop: threading.Event) -> tuple[tuple[Place, ...], int]:
    """What was got in this time and lives on; and what the tracing took."""
    tracemalloc.start(1)
    try:
        first = tracemalloc.take_snapshot()
        stop.wait(seconds)
        gc.collect()
        second = tracemalloc.take_snapshot()
        tracing = tracemalloc.get_tracemalloc_memory()
    finally:
        tracemalloc.stop()
    changes = second.filter_traces(_FILTERS).compare_to(first.filter_traces(_FILTERS), "lineno")
    largest = sorted(changes, key=lambda change: -change.size_diff)[:top]
    places = tuple(
        Place(
            place=f"{place_of(change.traceback[0].filename)}:{change.traceback[0].lineno}",
            bytes=change.size_diff,
            blocks=change.count_diff,
        )
        for change in largest
        if change.size_diff > 0
    )
    return places, tracing


def resident() -> int:
    """Bytes of this process that are in RAM; 0 where the system does not say."""
    return next((one.resident for one in read_processes() if one.pid == os.getpid()), 0)


def _count_types() -> Counter[type]:
    """Nothing else runs meanwhile: tens of milliseconds for a few hundred thousand objects."""
    return Counter(map(type, gc.get_objects()))


def _grown(before: Mapping[type, int], after: Mapping[type, int], top: int) -> tuple[TypeCount, ...]:
    """Half of the places to those that grew most, the rest to those of which there are most."""
    grown = {kind: count - before.get(kind, 0) for kind, count in after.items()}
    growing = sorted((kind for kind in after if grown[kind] > 0), key=lambda kind: -grown[kind])
    most = sorted(after, key=lambda kind: -after[kind])
    chosen = list(dict.fromkeys([*growing[: (top + 1) // 2], *most]))[:top]
    return tuple(
        TypeCount(type=f"{kind.__module__}.{kind.__qualname__}", count=after[kind], grown=grown[kind])
        for kind in chosen
    )

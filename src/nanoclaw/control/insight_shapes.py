"""The JSON about figures and profiles."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nanoclaw.control.shapes import IsoTime, Shape


def _whole(value: Any) -> Any:
    """To JSON 20.0 is an integer, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class FigureQuery(Shape):
    """Since when; a day ago where that is not said. Older than a week is not kept."""

    since: IsoTime = None


class FigureSummary(Shape):
    """What a figure was in a span of time. ``count``: samples, observations, or what was counted.

    The others are null where there is nothing to tell, and for counters. Of spans in seconds the median and the 95th
    percentile are as exact as the buckets they were counted in; over more than a day, those of gauges are made of the
    medians and percentiles of hours.
    """

    count: int
    minimum: float | None
    median: float | None
    p95: float | None
    maximum: float | None


class FigureShape(Shape):
    """One series. ``kind`` is gauge, counter or histogram; ``unit`` seconds, bytes, ratio or number.

    ``now`` is null while no daemon runs; of a counter it is the number since the daemon's start, of a histogram the
    median of the newest minute that has any. ``trend`` are 24 points of the window, null where nothing was seen.
    """

    name: str
    label: str
    title: str
    about: str
    kind: str
    unit: str
    now: float | None
    hour: FigureSummary
    window: FigureSummary
    trend: list[float | None]


class FigureList(Shape):
    """All figures: now, in the last hour, and in the window that began at ``since``."""

    running: bool
    at: str
    since: str
    newest: str | None
    """When the newest minute on disk ended."""
    figures: list[FigureShape]


class PlainText(Shape):
    """Sent as it is, not as JSON."""

    text: str


class CpuProfileRequest(Shape):
    """For how long to look."""

    seconds: Annotated[float, Field(gt=0, le=300)] = 10


class FunctionShape(Shape):
    """Seconds in a function itself, and with all that it called."""

    function: str
    own_seconds: float
    total_seconds: float


class CpuProfile(Shape):
    """What threads were busy with. ``by_processor``: weighted by the processor time they used, else by the clock.

    ``collapsed`` holds a line a stack with microseconds, as programs that draw flame graphs read it.
    """

    seconds: float
    looks: int
    by_processor: bool
    busy_seconds: float
    cost_seconds: float
    functions: list[FunctionShape]
    collapsed: str


class MemoryProfileRequest(Shape):
    """For how long to trace what is allocated, and how many lines and types to tell."""

    seconds: Annotated[float, Field(ge=0, le=3600)] = 10
    top: Annotated[int, Field(ge=1, le=500), BeforeValidator(_whole)] = 20


class AllocationShape(Shape):
    """A line of code: memory that it got in that time and that is still held."""

    place: str
    bytes: int
    blocks: int


class TypeShape(Shape):
    """Objects of a type that the garbage collector knows, and how many more than before."""

    type: str
    count: int
    grown: int


class MemoryProfile(Shape):
    """What grew. ``tracing_bytes`` is what the tracing itself took, ``pause_seconds`` the longest standstill."""

    seconds: float
    resident_bytes: int
    resident_bytes_before: int
    tracing_bytes: int
    pause_seconds: float
    allocations: list[AllocationShape]
    types: list[TypeShape]


class StackShape(Shape):
    """A thread or a task: its calls, outermost first."""

    name: str
    calls: list[str]


class StackList(Shape):
    """Where everything stands. No values of variables."""

    threads: list[StackShape]
    tasks: list[StackShape]

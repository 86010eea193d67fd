"""Figures for people and programs: how each stands now, and what it was in the last hour and since a moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from nanoclaw.operations.figures.catalogue import FIGURES, Figure, Kind
from nanoclaw.operations.figures.counting import Counted, Key
from nanoclaw.operations.figures.slots import HOUR, MINUTES_KEPT, Slot, merged_spans, share

Document = dict[str, Any]

_POINTS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a running daemon adds to what is stored."""

    gauges: Mapping[Key, float]
    counted: Counted


def report(slots: Sequence[Slot], now: int, since: int, live: Live | None) -> Document:
    """A ``FigureList``. Times in seconds since the epoch."""
    window = _window(slots, since, now)
    hour = _window(slots, now - HOUR, now)
    keys = {key for slot in window for key in (*slot.gauges, *slot.counters, *slot.spans)}
    if live is not None:
        keys |= {*live.gauges, *live.counted.counters, *live.counted.spans}
    rows = [
        _row(figure, key, (hour, window), live, _Axis(begin=since, end=now))
        for figure in FIGURES
        for key in sorted(key for key in keys if key[0] == figure.name)
    ]
    return {
        "running": live is not None,
        "at": _iso(now),
        "since": _iso(since),
        "newest": _iso(max(slot.at for slot in slots if not slot.hour)) if any(not s.hour for s in slots) else None,
        "figures": rows,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    begin: int
    end: int

    def place(self, at: int) -> int:
        """Which of the points a moment belongs to."""
        part = (at - self.begin) / max(1, self.end - self.begin)
        return min(_POINTS - 1, max(0, int(part * _POINTS)))


def _window(slots: Iterable[Slot], since: int, now: int) -> list[Slot]:
    """Minutes where they reach back far enough; else hours, and the minutes that are not in an hour yet."""
    slots = list(slots)
    if since >= now - MINUTES_KEPT - HOUR:
        return [slot for slot in slots if not slot.hour and since < slot.at <= now]
    hours = [slot for slot in slots if slot.hour and since - HOUR < slot.at <= now]
    ended = max((slot.at + HOUR for slot in hours), default=since)
    return hours + [slot for slot in slots if not slot.hour and ended < slot.at <= now]


def _row(
    figure: Figure, key: Key, windows: tuple[Sequence[Slot], Sequence[Slot]], live: Live | None, axis: _Axis
) -> Document:
    hour, window = windows
    return {
        "name": figure.name,
        "label": key[1],
        "title": figure.title,
        "about": figure.about,
        "kind": figure.kind.value,
        "unit": figure.unit.value,
        "now": _now(figure, key, live, hour),
        "hour": _summary(figure, key, hour),
        "window": _summary(figure, key, window),
        "trend": _trend(figure, key, window, axis),
    }


def _now(figure: Figure, key: Key, live: Live | None, hour: Sequence[Slot]) -> float | None:
    """Spans have no value of now: the median of the newest minute that has some stands for it."""
    if figure.kind is Kind.HISTOGRAM:
        newest = next((slot.spans[key] for slot in reversed(hour) if key in slot.spans), None)
        return None if newest is None else newest.at(0.5, figure.buckets)
    if live is None:
        return None
    return (live.gauges if figure.kind is Kind.GAUGE else live.counted.counters).get(key)


def _summary(figure: Figure, key: Key, slots: Sequence[Slot]) -> Document:
    kinds: dict[Kind, Callable[[], Document]] = {
        Kind.GAUGE: lambda: _of_gauge(key, slots),
        Kind.COUNTER: lambda: _nothing(round(sum(slot.counters.get(key, 0.0) for slot in slots))),
        Kind.HISTOGRAM: lambda: _of_spans(figure, key, slots),
    }
    return kinds[figure.kind]()


def _of_gauge(key: Key, slots: Sequence[Slot]) -> Document:
    found = [slot.gauges[key] for slot in slots if key in slot.gauges]
    if not found:
        return _nothing(0)
    # Of an hour these are its least, median, 95th percentile and most; of a minute, four times the one value.
    fours = [values if len(values) > 1 else values * 4 for values in found]
    middle = median(values[1] for values in fours)
    return _values(
        len(found),
        (min(v[0] for v in fours), middle, share(sorted(v[2] for v in fours), 0.95), max(v[3] for v in fours)),
    )


def _of_spans(figure: Figure, key: Key, slots: Sequence[Slot]) -> Document:
    merged = merged_spans(slots, key)
    if merged is None or not merged.number or len(merged.counts) != len(figure.buckets) + 1:
        return _nothing(0)
    middle, edge = (merged.at(part, figure.buckets) for part in (0.5, 0.95))
    return _values(merged.number, (merged.least, middle, edge, merged.most))


def _values(count: int, values: tuple[float, float, float, float]) -> Document:
    names = ("minimum", "median", "p95", "maximum")
    return {"count": count, **{name: round(value, 6) for name, value in zip(names, values, strict=True)}}


def _nothing(count: int) -> Document:
    return {"count": count, "minimum": None, "median": None, "p95": None, "maximum": None}


def _trend(figure: Figure, key: Key, slots: Sequence[Slot], axis: _Axis) -> list[float | None]:
    parts: list[list[Slot]] = [[] for _ in range(_POINTS)]
    for slot in slots:
        parts[axis.place(slot.at)].append(slot)
    points: list[float | None] = []
    for part in parts:
        summary = _summary(figure, key, part)
        points.append((float(summary["count"]) if part else None) if figure.kind is Kind.COUNTER else summary["median"])
    return points


def _iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.000Z}"

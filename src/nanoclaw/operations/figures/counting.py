"""What is counted right now: histograms with fixed buckets and counters, from any thread."""

import threading
from bisect import bisect_left
from dataclasses import dataclass

from nanoclaw.events.measures import Measure
from nanoclaw.operations.figures.catalogue import BY_NAME, LABELS_AT_MOST, Kind

Key = tuple[str, str]
"""A figure's name, and the label of one of its series ("" where it has none)."""


@dataclass(slots=True, kw_only=True)
class Spans:
    """A histogram: how many fell into each bucket (the last has no bound), their sum, the least and the most."""

    counts: list[int]
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(self.counts)

    def merge(self, other: "Spans") -> None:
        """Add what another histogram of the same buckets holds."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

    def at(self, share: float, bounds: tuple[float, ...]) -> float:
        """The value that so much of all (0 to 1) does not exceed, as well as buckets tell."""
        left = share * self.number
        below = 0.0
        for count, bound in zip(self.counts, (*bounds, self.most), strict=True):
            if count and left <= count:
                within = below + (bound - below) * left / count
                return min(max(within, self.least), self.most)
            left -= count
            below = bound
        return self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Counters and histograms of a span of time, or since the start."""

    counters: dict[Key, float]
    spans: dict[Key, Spans]


class _Series:
    """One histogram, or a counter in a histogram's clothes: since the start, and since the last minute was taken."""

    __slots__ = ("bounds", "lock", "minute", "since_start")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.lock = threading.Lock()
        self.minute = empty(bounds)
        self.since_start = empty(bounds)

    def add(self, value: float) -> None:
        with self.lock:
            minute = self.minute
            minute.counts[bisect_left(self.bounds, value)] += 1
            minute.total += value
            # A third faster than min() and max(), where every write of the store passes.
            if value < minute.least:  # noqa: PLR1730
                minute.least = value
            if value > minute.most:  # noqa: PLR1730
                minute.most = value

    def take(self) -> Spans:
        """The minute that ends now; a new one begins."""
        with self.lock:
            ended, self.minute = self.minute, empty(self.bounds)
            self.since_start.merge(ended)
        return ended

    def all(self) -> Spans:
        with self.lock:
            found = empty(self.bounds)
            found.merge(self.since_start)
            found.merge(self.minute)
        return found


class Counting:
    """The counters of one process: an ``Observe``."""

    def __init__(self) -> None:
        self._series: dict[tuple[Measure, str], _Series] = {}
        self._adding = threading.Lock()

    def __call__(self, measure: Measure, value: float = 1.0, label: str = "") -> None:
        """Count one observation."""
        series = self._series.get((measure, label))
        (series or self._new(measure, label)).add(value)

    def take(self) -> Counted:
        """What was counted since the last call."""
        return _sorted_out({key: series.take() for key, series in self._all()})

    def all(self) -> Counted:
        """What was counted since the start."""
        return _sorted_out({key: series.all() for key, series in self._all()})

    def _all(self) -> list[tuple[tuple[Measure, str], _Series]]:
        with self._adding:
            return list(self._series.items())

    def _new(self, measure: Measure, label: str) -> _Series:
        with self._adding:
            labels = sum(1 for known, _ in self._series if known is measure)
            key = (measure, label if labels < LABELS_AT_MOST else "other")
            return self._series.setdefault(key, _Series(BY_NAME[measure].buckets))


def empty(bounds: tuple[float, ...]) -> Spans:
    """A histogram of nothing."""
    return Spans(counts=[0] * (len(bounds) + 1))


def _sorted_out(found: dict[tuple[Measure, str], Spans]) -> Counted:
    counters, spans = {}, {}
    for (measure, label), one in found.items():
        if BY_NAME[measure].kind is Kind.COUNTER:
            counters[str(measure), label] = one.total
        else:
            spans[str(measure), label] = one
    return Counted(counters=counters, spans=spans)

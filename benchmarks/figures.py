"""Figures, their targets, and how both are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Measured values of one kind, in seconds unless the figure says otherwise."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)

    def __str__(self) -> str:
        """Median and range."""
        low, high = min(self.values), max(self.values)
        return f"{_short(self.median)} ({_short(low)} to {_short(high)}, {len(self.values)} rounds)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the summary. ``met`` is None where nothing was promised."""

    benchmark: str
    what: str
    measured: str
    target: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """In words."""
        return {True: "met", False: "NOT MET", None: ""}[self.met]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Many measured values of one kind, in milliseconds."""

    values: tuple[float, ...]

    def at(self, percent: float) -> float:
        """The smallest value that so many of all values do not exceed."""
        place = ceil(len(self.values) * percent / 100)
        return sorted(self.values)[max(0, place - 1)]

    def __str__(self) -> str:
        """The middle, the edge and the worst."""
        middle, edge, worst = (_short(self.at(percent)) for percent in (50, 99, 100))
        return f"p50 {middle}, p99 {edge}, max {worst} ({len(self.values)})"


def spread(seconds: Sequence[float]) -> Spread:
    """Of at least one value, given in seconds."""
    return Spread(values=tuple(one * 1000 for one in seconds))


def sample(values: Sequence[float]) -> Sample:
    """Of at least one value."""
    return Sample(values=tuple(values))


def ratio(ours: Sample, baseline: Sample) -> float:
    """How many times the baseline's median ours is."""
    return ours.median / baseline.median


def table(figures: Sequence[Figure]) -> str:
    """Columns for a terminal."""
    rows = [("benchmark", "figure", "measured", "target", "")]
    rows += [(one.benchmark, one.what, one.measured, one.target, one.verdict) for one in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"

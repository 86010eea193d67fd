"""A slot is what is known of one minute or one hour; old minutes become hours, and old hours go."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from nanoclaw.operations.figures.counting import Key, Spans

MINUTE = 60
HOUR = 3600
MINUTES_KEPT = 24 * HOUR
HOURS_KEPT = 7 * 24 * HOUR
MOST_SLOTS = 4_000
"""More are never kept, whatever clocks did: a day of minutes, a week of hours, and as much again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """``at`` is when it ended (a minute) or began (an hour), in seconds since the epoch.

    A gauge has one value in a minute; in an hour its least, median, 95th percentile and most.
    """

    at: int
    hour: bool = False
    gauges: dict[Key, tuple[float, ...]]
    counters: dict[Key, float]
    spans: dict[Key, Spans]


def share(values: Sequence[float], part: float) -> float:
    """The smallest of sorted values that so much of all (0 to 1) does not exceed."""
    return values[max(0, ceil(len(values) * part) - 1)]


def merged_spans(slots: Iterable[Slot], key: Key) -> Spans | None:
    """One histogram of all slots; None where there was nothing. Other buckets, of another version, are left out."""
    found: Spans | None = None
    for slot in slots:
        one = slot.spans.get(key)
        if one is None:
            continue
        if found is None:
            found = Spans(counts=[0] * len(one.counts))
        if len(one.counts) == len(found.counts):
            found.merge(one)
    return found


def compact(slots: Iterable[Slot], now: int) -> list[Slot]:
    """Make hours of the minutes of ended hours, and drop what is too old, or later than the clock allows."""
    known = [slot for slot in slots if slot.at <= now + 2 * MINUTE]
    hours = {slot.at: slot for slot in known if slot.hour}
    minutes = [slot for slot in known if not slot.hour]
    by_hour: dict[int, list[Slot]] = defaultdict(list)
    for slot in minutes:
        by_hour[(slot.at - 1) // HOUR * HOUR].append(slot)
    for began, of_hour in by_hour.items():
        if began + HOUR <= now and began not in hours:
            hours[began] = _one_hour(began, of_hour)
    kept = [slot for slot in hours.values() if slot.at > now - HOURS_KEPT]
    kept += [slot for slot in minutes if slot.at > now - MINUTES_KEPT]
    return sorted(kept, key=lambda slot: (not slot.hour, slot.at))[-MOST_SLOTS:]


def _one_hour(began: int, minutes: Sequence[Slot]) -> Slot:
    gauges: dict[Key, tuple[float, ...]] = {}
    for key in {key for slot in minutes for key in slot.gauges}:
        values = sorted(slot.gauges[key][0] for slot in minutes if key in slot.gauges)
        gauges[key] = (values[0], median(values), share(values, 0.95), values[-1])
    counters: dict[Key, float] = defaultdict(float)
    for slot in minutes:
        for key, value in slot.counters.items():
            counters[key] += value
    spans = {key: merged_spans(minutes, key) for key in {key for slot in minutes for key in slot.spans}}
    return Slot(
        at=began,
        hour=True,
        gauges=gauges,
        counters=dict(counters),
        spans={key: one for key, one in spans.items() if one is not None},
    )

"""When backups are due: a pure rule of what there is and what time it is.

Due is whatever has no snapshot since its last time, so a machine that was off catches up once, and a clock that was set
back makes at most one too many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.retention import HOUR
from nanoclaw.operations.backup.snapshot import Kind, SnapshotName

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TOLERANCE = 60_000
_COVERS = {
    Kind.HOURLY: frozenset({Kind.HOURLY, Kind.DAILY, Kind.WEEKLY, Kind.MANUAL}),
    Kind.DAILY: frozenset({Kind.DAILY, Kind.WEEKLY}),
    Kind.WEEKLY: frozenset({Kind.WEEKLY}),
}
"""What counts as a snapshot of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When each kind has its time."""

    daily_hour: int
    weekday: int
    """0 is Monday."""
    zone: ZoneInfo

    def last(self, kind: Kind, now: Milliseconds) -> Milliseconds:
        """The last time of a kind that is not after ``now``."""
        if kind is Kind.HOURLY:
            return Milliseconds(now // HOUR * HOUR)
        day = datetime.fromtimestamp(now / 1000, self.zone).date()
        back = 0 if kind is Kind.DAILY else (day.weekday() - self.weekday) % 7
        step = 1 if kind is Kind.DAILY else 7
        at = self._at(day, -back)
        return at if at <= now else self._at(day, -back - step)

    def next(self, kind: Kind, now: Milliseconds) -> Milliseconds:
        """The first time of a kind after ``now``."""
        if kind is Kind.HOURLY:
            return Milliseconds((now // HOUR + 1) * HOUR)
        day = datetime.fromtimestamp(self.last(kind, now) / 1000, self.zone).date()
        return self._at(day, 1 if kind is Kind.DAILY else 7)

    def due(self, names: Iterable[SnapshotName], now: Milliseconds) -> Kind | None:
        """The greatest kind that has no snapshot since its last time; it covers the lesser ones."""
        past = [name for name in names if name.at <= now + _TOLERANCE]
        for kind in (Kind.WEEKLY, Kind.DAILY, Kind.HOURLY):
            since = self.last(kind, now)
            if not any(name.kind in _COVERS[kind] and name.at >= since for name in past):
                return kind
        return None

    def week_is_over(self, last: Milliseconds | None, now: Milliseconds) -> bool:
        """Whether what is done once a week is due; ``last`` is when it was done last, None: never."""
        return last is None or last > now or last < self.last(Kind.WEEKLY, now)

    def _at(self, day: date, days: int) -> Milliseconds:
        there = day + timedelta(days=days)
        moment = datetime(there.year, there.month, there.day, self.daily_hour, tzinfo=self.zone)
        return Milliseconds(int(moment.timestamp() * 1000))


def newest(names: Iterable[SnapshotName], kind: Kind) -> SnapshotName | None:
    """The newest that counts as one of that kind."""
    fit = [name for name in names if name.kind in _COVERS.get(kind, {kind})]
    return max(fit, key=lambda name: name.at, default=None)

"""When a task is due: cron in the configured time zone, intervals on their grid, single moments."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import Schedule, ScheduleKind
from nanoclaw.scheduling.cron import Cron

_SHORTEST, _LONGEST = 1_000, 10 * 366 * 86_400_000
_LAST_YEAR = 2999
_LOOK_BACK = 3_600_000


class Times:
    """The times of one schedule. ``anchor`` is when its task was made: intervals count from there."""

    def __init__(self, schedule: Schedule, zone: ZoneInfo, anchor: Milliseconds) -> None:
        """Read the schedule.

        Raises:
            InvalidTaskError: it cannot be understood.
        """
        self._schedule = schedule
        self._zone = zone
        self._anchor = anchor
        match schedule.kind:
            case ScheduleKind.CRON:
                self._cron = Cron(schedule.value, zone)
            case ScheduleKind.INTERVAL:
                self._step = read_interval(schedule.value)
            case ScheduleKind.ONCE:
                self._moment = read_moment(schedule.value, zone)

    def after(self, moment: Milliseconds) -> Milliseconds | None:
        """The first time after a moment; None when there is none."""
        match self._schedule.kind:
            case ScheduleKind.CRON:
                return next(self._cron.after(moment), None)
            case ScheduleKind.INTERVAL:
                passed = max(0, (moment - self._anchor) // self._step)
                return Milliseconds(self._anchor + (passed + 1) * self._step)
            case ScheduleKind.ONCE:
                return self._moment if self._moment > moment else None

    def upcoming(self, moment: Milliseconds, count: int) -> tuple[datetime, ...]:
        """The next times after a moment, in the zone."""
        return tuple(datetime.fromtimestamp(at / 1000, self._zone) for at in islice(self._all_after(moment), count))

    def _all_after(self, moment: Milliseconds) -> Iterator[Milliseconds]:
        if self._schedule.kind is ScheduleKind.CRON:
            # One reading of the expression for all of them.
            yield from self._cron.after(moment)
            return
        at: Milliseconds | None = moment
        while at is not None and (at := self.after(at)) is not None:
            yield at

    def between(self, first: Milliseconds, now: Milliseconds, most: int) -> tuple[int, Milliseconds, Milliseconds]:
        """Of the times from ``first``, which is one, to now: how many there are, and the last two.

        The second is the one before the last; the same as the last when there is only one. Times of a cron expression
        have to be counted one by one: of more than ``most``, ``most + 1`` are said to be there.
        """
        if self._schedule.kind is ScheduleKind.INTERVAL:
            count = max(0, (now - first) // self._step) + 1
            last = first + (count - 1) * self._step
            return count, Milliseconds(last), Milliseconds(max(first, last - self._step))
        times = [first, *islice(self._passed(first, now), most)]
        newest = self._newest_two(now) if len(times) > most else (times[-2:] * 2)[:2]
        return len(times), newest[1], newest[0]

    def _newest_two(self, now: Milliseconds) -> list[Milliseconds]:
        """The last two times up to now, for a schedule that had at least two."""
        span, found = _LOOK_BACK, list[Milliseconds]()
        while len(found) < 2:
            found = list(self._passed(Milliseconds(now - span), now))
            span *= 4
        return found[-2:]

    def _passed(self, first: Milliseconds, now: Milliseconds) -> Iterator[Milliseconds]:
        if self._schedule.kind is ScheduleKind.ONCE:
            return
        for at in self._cron.after(first):
            if at > now:
                return
            yield at


def read_interval(text: str) -> int:
    """Milliseconds between two times.

    Raises:
        InvalidTaskError: it is no number, or too small or too large a one.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > 15 or not _SHORTEST <= int(text) <= _LONGEST:
        raise InvalidTaskError(
            f"{text[:40]!r} is not an interval",
            hint=f"It is a number of milliseconds, from {_SHORTEST} to {_LONGEST} (ten years).",
        )
    return int(text)


def read_moment(text: str, zone: ZoneInfo) -> Milliseconds:
    """A single moment: a local time of the wall clock, or a time with its offset.

    A local time that a clock change leaves out is taken as if the clock had not changed; of one that comes twice the
    first is meant.

    Raises:
        InvalidTaskError: it is no time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2026-12-24") or moment.year > _LAST_YEAR:
            raise ValueError(text)  # noqa: TRY301 - a day alone is no moment, and what is too far away cannot be shown
        local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return Milliseconds(int(local.timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        raise InvalidTaskError(
            f"{text[:40]!r} is not a time", hint="Such as 2026-12-24T18:00 (local) or 2026-12-24T18:00+01:00."
        ) from error

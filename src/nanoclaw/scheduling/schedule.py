"""When a task is due: cron in the configured time zone, intervals on their grid, single moments."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import Schedule, ScheduleKind

_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = 5
_SHORTEST, _LONGEST = 1_000, 10 * 366 * 86_400_000


class Times:
    """The times of one schedule. ``anchor`` is when its task was made: intervals count from there."""

    def __init__(self, schedule: Schedule, zone: ZoneInfo, anchor: Milliseconds) -> None:
        """Read the schedule.

        Raises:
            InvalidTaskError: it cannot be understood, or never comes.
        """
        self._schedule = schedule
        self._zone = zone
        self._anchor = anchor
        match schedule.kind:
            case ScheduleKind.CRON:
                self._cron = read_cron(schedule.value)
                if self.after(anchor) is None:
                    raise InvalidTaskError(f"{schedule.value!r} never comes", hint="Look at its day and month.")
            case ScheduleKind.INTERVAL:
                self._step = read_interval(schedule.value)
            case ScheduleKind.ONCE:
                self._moment = read_moment(schedule.value, zone)

    def after(self, moment: Milliseconds) -> Milliseconds | None:
        """The first time after a moment; None when there is none."""
        match self._schedule.kind:
            case ScheduleKind.CRON:
                return next(self._cron_times(moment), None)
            case ScheduleKind.INTERVAL:
                passed = max(0, (moment - self._anchor) // self._step)
                return Milliseconds(self._anchor + (passed + 1) * self._step)
            case ScheduleKind.ONCE:
                return self._moment if self._moment > moment else None

    def upcoming(self, moment: Milliseconds, count: int) -> tuple[datetime, ...]:
        """The next times after a moment, in the zone."""
        found: list[datetime] = []
        at: Milliseconds | None = moment
        while len(found) < count and at is not None and (at := self.after(at)) is not None:
            found.append(datetime.fromtimestamp(at / 1000, self._zone))
        return tuple(found)

    def between(self, first: Milliseconds, now: Milliseconds, most: int) -> tuple[int, Milliseconds, Milliseconds]:
        """Of the times from ``first``, which is one, to now: how many there are (``most`` at most), the last two.

        The second is the one before the last; the same as the last when there is only one.
        """
        if self._schedule.kind is ScheduleKind.INTERVAL:
            count = max(0, (now - first) // self._step) + 1
            last = first + (count - 1) * self._step
            return min(count, most), Milliseconds(last), Milliseconds(max(first, last - self._step))
        times = [first, *islice(self._passed(first, now), most)]
        return len(times), times[-1], times[-2] if len(times) > 1 else times[-1]

    def _passed(self, first: Milliseconds, now: Milliseconds) -> Iterator[Milliseconds]:
        if self._schedule.kind is ScheduleKind.ONCE:
            return
        for at in self._cron_times(first):
            if at > now:
                return
            yield at

    def _cron_times(self, moment: Milliseconds) -> Iterator[Milliseconds]:
        start = datetime.fromtimestamp(moment / 1000, self._zone)
        try:
            for at in CronSim(self._cron, start):
                yield Milliseconds(int(at.timestamp() * 1000))
        except CronSimError:
            return


def read_cron(text: str) -> str:
    """A cron expression of five fields.

    Raises:
        InvalidTaskError: it is none.
    """
    expression = _ALIASES.get(text.strip().lower(), text.strip())
    if len(expression.split()) != _FIELDS:
        raise InvalidTaskError(
            f"{text[:60]!r} is not a cron expression", hint="It has five fields: minute hour day month weekday."
        )
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise InvalidTaskError(
            f"{text[:60]!r} is not a cron expression: {error}", hint="Such as 30 8 * * 1-5: weekdays at 08:30."
        ) from error
    return expression


def read_interval(text: str) -> int:
    """Milliseconds between two times.

    Raises:
        InvalidTaskError: it is no number, or too small or too large a one.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > 15 or not _SHORTEST <= int(text) <= _LONGEST:
        raise InvalidTaskError(
            f"{text[:40]!r} is not an interval", hint=f"It is a number of milliseconds, {_SHORTEST} at least."
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
        if len(text.strip()) <= len("2026-12-24"):
            raise ValueError(text)  # noqa: TRY301 - a day alone is no moment
        local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return Milliseconds(int(local.timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        raise InvalidTaskError(
            f"{text[:40]!r} is not a time", hint="Such as 2026-12-24T18:00 (local) or 2026-12-24T18:00+01:00."
        ) from error

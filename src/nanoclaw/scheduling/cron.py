"""Cron expressions: wall-clock times by cronsim, and their places in time by our own reckoning.

In zones of a half-hour change (Lord Howe) cronsim 2.8, given a zone, loses times on the day of the change and after.
So it only counts through the clock face here, which knows no changes.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Milliseconds

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
_MINUTE = timedelta(minutes=1)
_LARGEST_CHANGE = 3 * 3_600_000
"""No clock is put forward or back by more."""


class Cron:
    """One expression in one zone, read as Debian's cron reads it.

    What names its minutes and hours comes once a day: right after the change if the change leaves it out, and the first
    time if it doubles it. What has a ``*`` at the start of its minutes or hours follows the clock: what is left out
    does not come, what is doubled comes twice.
    """

    def __init__(self, text: str, zone: ZoneInfo) -> None:
        """Read the expression.

        Raises:
            InvalidTaskError: it is none.
        """
        self._expression = _read(text)
        self._zone = zone
        self._follows_clock = any(part.startswith("*") for part in self._expression.split()[:2])

    def after(self, moment: Milliseconds) -> Iterator[Milliseconds]:
        """All times after a moment, in order; they end when nothing comes for fifty years."""
        newest = moment
        for at in self._following(moment) if self._follows_clock else map(self._once, self._faces(moment)):
            if at > newest:
                newest = at
                yield at

    def _faces(self, moment: Milliseconds) -> Iterator[datetime]:
        """What the clock shows at the times after a moment, without regard to changes."""
        now, soon = (datetime.fromtimestamp(at / 1000, self._zone) for at in (moment, moment + _LARGEST_CHANGE))
        back = (now.utcoffset() or timedelta()) - (soon.utcoffset() or timedelta())
        start = now.replace(tzinfo=None) - max(timedelta(), back)
        try:
            yield from CronSim(self._expression, start - timedelta(seconds=1))
        except CronSimError:
            return

    def _once(self, face: datetime) -> Milliseconds:
        while not (found := self._places(face)):
            face += _MINUTE
        return found[0]

    def _following(self, moment: Milliseconds) -> Iterator[Milliseconds]:
        second = deque[Milliseconds]()
        for places in chain(map(self._places, self._faces(moment)), [()]):
            while second and (not places or second[0] < places[0]):
                yield second.popleft()
            yield from places[:1]
            second.extend(places[1:])

    def _places(self, face: datetime) -> tuple[Milliseconds, ...]:
        """When the clock shows this: once as a rule, twice or never at a change."""
        found = {
            at
            for fold in (0, 1)
            if datetime.fromtimestamp(
                at := face.replace(tzinfo=self._zone, fold=fold).timestamp(), self._zone
            ).replace(tzinfo=None, fold=0) == face
        }  # fmt: skip
        return tuple(Milliseconds(int(at * 1000)) for at in sorted(found))


def _read(text: str) -> str:
    expression = _ALIASES.get(text.strip().lower(), text.strip())
    if len(expression.split()) != _FIELDS:
        raise InvalidTaskError(
            f"{text[:60]!r} is not a cron expression", hint="It has five fields: minute hour day month weekday."
        )
    try:
        CronSim(expression, datetime(2026, 1, 1))  # noqa: DTZ001 - the face of a clock has no zone
    except CronSimError as error:
        raise InvalidTaskError(
            f"{text[:60]!r} is not a cron expression: {error}", hint="Such as 30 8 * * 1-5: weekdays at 08:30."
        ) from error
    return expression

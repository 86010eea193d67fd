"""When the owner is told that a channel does not work: rules over what was seen of it, without a clock or a task.

What nobody but the owner can mend is told at once, what mends itself only after a while, each once an outage. An outage
ends when the channel has been up for a minute on end, so one that comes and goes is down all the while; and the same
trouble is told again only after pauses that double, so a channel that fails every hour is no flood.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nanoclaw.channels.contract import ChannelCondition
from nanoclaw.daemon.networks.roster import Sighting
from nanoclaw.model.chats import ChannelName

SETTLED = 60_000
"""Milliseconds for which a channel must be up to count as back."""
_QUIET, _DAY = 3_600_000, 86_400_000
_DOWN, _GAVE_UP = "down", "gave-up"


class Tone(StrEnum):
    """What kind of news."""

    DOWN = "down"
    NEEDS_OWNER = "needs-owner"
    BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something to tell. ``began``: when the outage did, which tells it from others of the same channel."""

    channel: ChannelName
    tone: Tone
    trouble: str
    """The condition, ``down`` or ``gave-up``."""
    sighting: Sighting
    began: int
    lasted: int


@dataclass(slots=True, kw_only=True)
class Record:
    """What is remembered of a channel. Times are milliseconds since the Unix epoch."""

    proven: bool = False
    """It was up once: whoever sees it unpaired now misses something."""
    down_since: int = 0
    """0: no outage."""
    told: list[str] = field(default_factory=list)
    """The troubles told in this outage."""
    tellings: dict[str, list[int]] = field(default_factory=dict)
    """When each trouble was told, in the last day."""


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What is known since the start only."""

    sighting: Sighting
    since: int
    """Since when it is in this condition."""


class Outages:
    """Sees channels and says what is to be told of them. ``patience``: milliseconds that what mends itself may take."""

    def __init__(self, records: Mapping[ChannelName, Record], patience: int) -> None:
        self._patience = patience
        self._seen: dict[ChannelName, _Seen] = {}
        self.records = dict(records)
        for record in self.records.values():
            if not record.told:
                # Nobody looked while the daemon was away: it gets its while anew.
                record.down_since = 0

    def since(self, name: ChannelName) -> int | None:
        """Since when a channel is as it is; None before it was seen."""
        seen = self._seen.get(name)
        return None if seen is None else seen.since

    def see(self, name: ChannelName, sighting: Sighting, now: int) -> bool:
        """Note how a channel is; whether its status or condition is another than before."""
        record, seen = self.records.setdefault(name, Record()), self._seen.get(name)
        changed = seen is None or _kind(seen.sighting) != _kind(sighting)
        since = now if seen is None or changed else min(seen.since, now)
        self._seen[name] = _Seen(sighting=sighting, since=since)
        # What lies ahead was written by a clock that was wrong.
        record.down_since = min(record.down_since, now)
        record.tellings = {
            trouble: [at for at in moments if 0 <= now - at < _DAY] for trouble, moments in record.tellings.items()
        }
        if seen is not None and seen.sighting.is_up and not sighting.is_up and now - seen.since >= SETTLED:
            # It was back, and nobody looked in between: a machine that slept.
            record.down_since, record.told = 0, []
        if sighting.is_up:
            record.proven = True
        elif not record.down_since:
            record.down_since = now
        return changed

    def forget(self, name: ChannelName) -> None:
        """A channel was switched off: that is no outage, and its past ones are over."""
        self._seen.pop(name, None)
        if record := self.records.get(name):
            record.down_since, record.told = 0, []

    def news(self, now: int) -> Iterator[News]:
        """What is to be told now. What was taken from here counts as told."""
        for name, seen in self._seen.items():
            record = self.records[name]
            due = self._due(seen, record)
            if due is None or due > now:
                continue
            began = record.down_since
            lasted = max(0, (seen.since if seen.sighting.is_up else now) - began)
            trouble = _trouble(seen.sighting)
            if seen.sighting.is_up:
                told, record.told, record.down_since = record.told, [], 0
                if told:
                    yield _news(name, Tone.BACK, told[-1], seen.sighting, (began, lasted))
                continue
            record.told.append(trouble)
            record.tellings.setdefault(trouble, []).append(now)
            tone = Tone.DOWN if trouble == _DOWN else Tone.NEEDS_OWNER
            yield _news(name, tone, trouble, seen.sighting, (began, lasted))

    def known_to_be_down(self) -> list[ChannelName]:
        """The channels whose outage was told, and goes on."""
        return [name for name, seen in self._seen.items() if self.records[name].told and not seen.sighting.is_up]

    def next_moment(self) -> int | None:
        """When :meth:`news` has something, if nothing changes until then."""
        moments = [self._due(seen, self.records[name]) for name, seen in self._seen.items()]
        return min((moment for moment in moments if moment is not None), default=None)

    def _due(self, seen: _Seen, record: Record) -> int | None:
        if not record.down_since:
            return None
        if seen.sighting.is_up:
            return seen.since + SETTLED
        trouble = _trouble(seen.sighting)
        if trouble in record.told or (trouble == _DOWN and record.told):
            # It is known to be down; for how long its tries to come back take, nobody needs to hear.
            return None
        if trouble == ChannelCondition.UNPAIRED and (not record.proven or ChannelCondition.LOGGED_OUT in record.told):
            # Nobody linked it before, or it is the logout, after an attempt to link anew that came to nothing.
            return None
        moment = record.down_since + self._patience if trouble == _DOWN else seen.since
        return max(moment, _free_at(record.tellings.get(trouble, [])))


def _kind(sighting: Sighting) -> tuple[str, str, bool]:
    return sighting.state.status, sighting.state.condition, sighting.gave_up


def _trouble(sighting: Sighting) -> str:
    if sighting.gave_up:
        return _GAVE_UP
    condition = sighting.state.condition
    return condition.value if condition.waits_for_owner else _DOWN


def _free_at(tellings: list[int]) -> int:
    """From when a trouble may be told again."""
    return tellings[-1] + min(_DAY, _QUIET * 2 ** min(len(tellings) - 1, 5)) if tellings else 0


def _news(name: ChannelName, tone: Tone, trouble: str, sighting: Sighting, outage: tuple[int, int]) -> News:
    began, lasted = outage
    return News(channel=name, tone=tone, trouble=trouble, sighting=sighting, began=began, lasted=lasted)

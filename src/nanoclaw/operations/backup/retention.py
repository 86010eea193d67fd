"""Which snapshots stay: a pure rule, counted in hours, days and weeks that have one, not in age.

So a clock that jumps ahead, or a machine that was off for a month, costs no snapshot.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.snapshot import Kind, SnapshotName

HOUR = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How many of each stay; each at least one."""

    hourly: int = 24
    daily: int = 7
    weekly: int = 4
    changes: int = 10
    manual: int = 10


def kept(names: Sequence[SnapshotName], policy: Policy, now: Milliseconds, zone: ZoneInfo) -> frozenset[SnapshotName]:
    """Those that stay: the newest of each of the last hours, days and weeks, and the last changes and manual ones.

    One from the future, made while the clock was wrong, stays and counts for nothing: a person must look at it.
    """
    future = {name for name in names if name.at > now + HOUR}
    # Names of one moment have an order, too: else thinning out twice could choose another of them.
    newest_first = sorted(set(names) - future, key=lambda name: (name.at, str(name)), reverse=True)
    whole = [name for name in newest_first if name.kind is not Kind.CHANGE]

    def local(name: SnapshotName) -> datetime:
        return datetime.fromtimestamp(name.at / 1000, zone)

    return frozenset(
        future
        | _newest_of_each(whole, lambda name: name.at // HOUR, policy.hourly)
        | _newest_of_each(whole, lambda name: local(name).date(), policy.daily)
        | _newest_of_each(whole, lambda name: local(name).isocalendar()[:2], policy.weekly)
        | set([name for name in newest_first if name.kind is Kind.CHANGE][: policy.changes])
        | set([name for name in newest_first if name.kind is Kind.MANUAL][: policy.manual])
    )


def _newest_of_each(
    newest_first: Sequence[SnapshotName], span: Callable[[SnapshotName], Hashable], count: int
) -> set[SnapshotName]:
    chosen: dict[Hashable, SnapshotName] = {}
    for name in newest_first:
        if len(chosen) == count:
            break
        chosen.setdefault(span(name), name)
    return set(chosen.values())

"""The brake on a daemon that a service manager starts again and again: each start after a failed one waits longer.

A start counts as failed when the process ended without an orderly stop before it had worked for a while. The count is a
file in the home, so it outlives the process and the machine. A file that cannot be read counts nothing; one that cannot
be written leaves the brake to the service manager's own limit.
"""

import contextlib
import json
import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nanoclaw.model.clock import Clock
from nanoclaw.settings.home import Home
from nanoclaw.settings.whole_files import replace_file

logger = logging.getLogger(__name__)

WAITS = (0, 0, 10, 30, 120, 300, 900)
"""Seconds that a start waits after so many failed ones; the last for all beyond."""
HEALTHY_SECONDS = 600
"""Work of this length makes earlier failures count no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """What is known of earlier starts."""

    failures: int = 0
    """Starts in a row that ended in a failure."""
    open: bool = False
    """A start was begun and has not ended in order: the next start will count it as failed."""
    next_at: int = 0
    """While a start waits: when it goes on, in milliseconds since the epoch; else 0."""

    @property
    def wait_seconds(self) -> int:
        """How long the next start waits."""
        failed = self.failures + self.open
        return WAITS[min(failed, len(WAITS) - 1)]


class StartBreaker:
    """The count of one home. Only the holder of the home's lock may change it, except :meth:`reset`."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._path = breaker_file(home)
        self._clock = clock

    def look(self) -> Starts:
        """What is known."""
        try:
            raw = json.loads(self._path.read_text(encoding="ascii"))
            return Starts(
                failures=_count(raw["failures"]), open=raw["open"] is True, next_at=_count(raw.get("next_at", 0))
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return Starts()

    def approach(self) -> Starts:
        """Before a wait: an earlier start that never ended is counted, and ``next_at`` says when this one goes on."""
        before = self.look()
        counted = Starts(failures=before.failures + before.open)
        if wait := counted.wait_seconds:
            counted = replace(counted, next_at=self._clock.now() + wait * 1000)
        self._write(counted)
        return counted

    def begin(self) -> None:
        """After the wait: from now on an end without :meth:`end` is a failure."""
        self._write(replace(self.look(), open=True, next_at=0))

    def worked(self) -> None:
        """It has worked for long enough: what failed before counts no more."""
        self._write(Starts(open=True))

    def end(self) -> None:
        """An orderly stop: it is no failure, and forgives none."""
        self._write(replace(self.look(), open=False, next_at=0))

    def reset(self) -> None:
        """Forget all failures: a person has looked."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _write(self, starts: Starts) -> None:
        try:
            replace_file(self._path, json.dumps(asdict(starts)).encode())
        except OSError as error:
            logger.warning("cannot note this start", extra={"path": str(self._path), "error": error.strerror})


def next_start(starts: Starts) -> str | None:
    """When a waiting start goes on, ISO 8601; None while none waits."""
    if not starts.next_at:
        return None
    try:
        return datetime.fromtimestamp(starts.next_at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def breaker_file(home: Home) -> Path:
    """Where the count is kept."""
    return home.root / "data" / "starts.json"


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(value)
    return value

"""Signs of life for the service manager, given only while the event loop and the store really answer."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nanoclaw.daemon.notify import Notifier
from nanoclaw.model.clock import Clock
from nanoclaw.store.database import Database
from nanoclaw.store.errors import DatabaseLockedError, StoreError

logger = logging.getLogger(__name__)

_PARTS = 3
"""Pings in the time after which systemd gives up: one may be late, and one lost."""
_UNWATCHED_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often, and how long until the start counts as good."""

    watchdog_seconds: float
    """Silence of this length gets the daemon killed; 0: nobody watches."""
    healthy_seconds: float

    @property
    def pause(self) -> float:
        """Seconds between two signs."""
        return self.watchdog_seconds / _PARTS if self.watchdog_seconds else _UNWATCHED_SECONDS


class Heartbeat:
    """Asks each database's two threads, then pings.

    A store that hangs or fails gets no ping: the daemon is replaced. One that another process locks gets it: it does
    answer, and a new daemon could do no better. ``worked`` is None where nobody looks after the daemon; then nothing is
    asked.
    """

    def __init__(
        self,
        databases: Sequence[Database],
        notifier: Notifier,
        rhythm: Rhythm,
        clock: Clock,
        worked: Callable[[], None] | None,
    ) -> None:
        self._databases = databases
        self._notifier = notifier
        self._rhythm = rhythm
        self._clock = clock
        self._worked = worked
        self._trouble = ""

    async def run(self) -> None:
        """For ever. ``worked`` is called once, when the daemon has lived and answered for ``healthy_seconds``."""
        if self._worked is None:
            return
        good_at = self._clock.monotonic() + self._rhythm.healthy_seconds
        noted = False
        while True:
            alive = await self._beat()
            left = good_at - self._clock.monotonic()
            if alive and not noted and left <= 0:
                await asyncio.to_thread(self._worked)
                noted = True
            await asyncio.sleep(min(self._rhythm.pause, left) if left > 0 else self._rhythm.pause)

    async def _beat(self) -> bool:
        try:
            # One that does not answer is waited for, for ever: no answer, no ping.
            for database in self._databases:
                await database.write(lambda connection: connection.execute("SELECT 1").fetchall())
                await database.read(lambda connection: connection.execute("PRAGMA schema_version").fetchall())
        except DatabaseLockedError as error:
            self._say(str(error))
        except StoreError as error:
            self._say(f"The store does not answer: {error}")
            return False
        else:
            self._say("")
        self._notifier.tell("WATCHDOG=1")
        return True

    def _say(self, trouble: str) -> None:
        """Tell of a trouble that began, changed or ended."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            logger.error("the store is in trouble", extra={"error": trouble})
        else:
            logger.info("the store answers again")
        self._notifier.tell(f"STATUS={trouble or 'Running'}")

"""Signs of life for the service manager, given only while the event loop and the store really answer."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nanoclaw.daemon.notify import Notifier
from nanoclaw.model.clock import Clock
from nanoclaw.store.database import Database
from nanoclaw.store.errors import StoreError

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
    """Asks each database's two threads, then pings. A store that fails or hangs gets no ping: it will be replaced."""

    def __init__(
        self,
        databases: Sequence[Database],
        notifier: Notifier,
        rhythm: Rhythm,
        clock: Clock,
        worked: Callable[[], None],
    ) -> None:
        self._databases = databases
        self._notifier = notifier
        self._rhythm = rhythm
        self._clock = clock
        self._worked = worked
        self._silent = False

    async def run(self) -> None:
        """For ever. ``worked`` is called once, when the daemon has lived and answered for ``healthy_seconds``."""
        good_at = self._clock.monotonic() + self._rhythm.healthy_seconds
        noted = False
        while True:
            alive = await self._beat()
            if alive and not noted and self._clock.monotonic() >= good_at:
                await asyncio.to_thread(self._worked)
                noted = True
            left = good_at - self._clock.monotonic()
            await asyncio.sleep(self._rhythm.pause if noted else max(0.01, min(self._rhythm.pause, left)))

    async def _beat(self) -> bool:
        try:
            # One that does not answer is waited for, for ever: no answer, no ping.
            for database in self._databases:
                await database.write(lambda connection: connection.execute("SELECT 1").fetchall())
                await database.read(lambda connection: connection.execute("PRAGMA schema_version").fetchall())
        except StoreError as error:
            if not self._silent:
                logger.error("the store does not answer", extra={"error": str(error)})  # noqa: TRY400 - it says all
                self._notifier.tell(f"STATUS=The store does not answer: {error}")
            self._silent = True
            return False
        if self._silent:
            logger.info("the store answers again")
            self._notifier.tell("STATUS=Running")
        self._silent = False
        self._notifier.tell("WATCHDOG=1")
        return True

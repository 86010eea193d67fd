"""Keeps the figures: looks once a minute, writes the minute down, makes hours of minutes."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from nanoclaw.events.measures import Measure
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.figures.counting import Counted, Counting, Key
from nanoclaw.operations.figures.errors import HistoryUnreadableError
from nanoclaw.operations.figures.history import History
from nanoclaw.operations.figures.machine import look
from nanoclaw.operations.figures.slots import HOUR, MINUTE, Slot, compact
from nanoclaw.settings.home import Home

logger = logging.getLogger(__name__)

_LAG_SECONDS = 2.0
_FACTS_SECONDS = 20.0

Facts = Callable[[], Awaitable[Mapping[Key, float]]]
"""Gauges that only the daemon knows. May raise NanoclawError: then they are missing."""


class Recorder:
    """One home's figures, while its daemon lives. ``minute_seconds`` is shorter only where a test cannot wait."""

    def __init__(
        self, home: Home, counting: Counting, clock: Clock, facts: Facts, *, minute_seconds: float = MINUTE
    ) -> None:
        self.history = History(home.figures)
        self.counting = counting
        self._root = home.root
        self._databases = databases_of(home)
        self._clock = clock
        self._facts = facts
        self._minute_seconds = minute_seconds
        self._busy = (clock.monotonic(), time.process_time())
        self._processors: float | None = None
        self._compacted = 0
        self._trouble = ""

    async def run(self) -> None:
        """For ever. What was counted of a minute that the end of the daemon cuts off is still written."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feel_lag(), name="loop-lag")
            await asyncio.to_thread(self._begin)
            try:
                while True:
                    await asyncio.sleep(self._until_next_minute())
                    self._reckon_processors()
                    gauges = await self.gauges()
                    await asyncio.to_thread(self._keep, gauges)
            finally:
                self._keep({})

    async def gauges(self) -> dict[Key, float]:
        """All gauges, as they are now; processors as they were in the last full minute."""
        found = await asyncio.to_thread(look, self._root, self._databases)
        if self._processors is not None:
            found["process_cpu_ratio", ""] = self._processors
        with suppress(NanoclawError, TimeoutError):
            async with asyncio.timeout(_FACTS_SECONDS):
                found |= await self._facts()
        return found

    def counted(self) -> Counted:
        """What was counted since the start."""
        return self.counting.all()

    async def _feel_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LAG_SECONDS
            await asyncio.sleep(_LAG_SECONDS)
            self.counting(Measure.LOOP_LAG, max(0.0, loop.time() - due))

    def _until_next_minute(self) -> float:
        span = self._minute_seconds
        return span - (self._clock.now() / 1000) % span

    def _reckon_processors(self) -> None:
        before, worked = self._busy
        self._busy = (self._clock.monotonic(), time.process_time())
        if (span := self._busy[0] - before) > 0:
            self._processors = (self._busy[1] - worked) / span

    def _begin(self) -> None:
        try:
            slots = self.history.read()
        except HistoryUnreadableError as error:
            logger.warning("the figures so far cannot be read; they begin anew", extra={"error": str(error)})
            slots = []
        self._rewrite(slots)

    def _keep(self, gauges: Mapping[Key, float]) -> None:
        counted, now = self.counting.take(), self._seconds()
        if not gauges and not any((*counted.counters.values(), *(one.number for one in counted.spans.values()))):
            return
        slot = Slot(
            at=now,
            gauges={key: (value,) for key, value in gauges.items()},
            counters=counted.counters,
            spans=counted.spans,
        )
        try:
            self.history.append(slot)
        except FileNotFoundError:
            self._rewrite([slot])
        except OSError as error:
            self._say(str(error))
        else:
            self._say("")
        if now // HOUR != self._compacted // HOUR:
            self._begin()

    def _rewrite(self, slots: list[Slot]) -> None:
        self._compacted = self._seconds()
        try:
            self.history.rewrite(compact(slots, self._compacted))
        except OSError as error:
            self._say(str(error))

    def _say(self, trouble: str) -> None:
        """Once when it begins, once when it ends."""
        if trouble and not self._trouble:
            logger.warning("figures cannot be written", extra={"error": trouble})
        elif self._trouble and not trouble:
            logger.info("figures are written again")
        self._trouble = trouble

    def _seconds(self) -> int:
        return self._clock.now() // 1000


def databases_of(home: Home) -> dict[str, Path]:
    """The files, by the name that their figures bear."""
    return {path.stem: path for path in (home.database, home.task_database)}

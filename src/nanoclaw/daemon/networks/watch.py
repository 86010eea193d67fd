"""Watches the channels: each change is noted at once, and what the owner has to know is told."""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from nanoclaw.daemon.networks.outages import News, Outages, Record
from nanoclaw.daemon.networks.roster import Roster, Sighting
from nanoclaw.events.measures import Measure, Observe
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.whole_files import replace_file

logger = logging.getLogger(__name__)

_SWEEP_SECONDS = 30.0
"""Repairs changes that a channel did not report."""
_LINES, _LINES_SECONDS = 20, 600.0
"""Lines in the log about one channel in so long: of one that flaps, the rest is counted."""


class Herald(Protocol):
    """Who tells the owner."""

    async def tell(self, news: News) -> None:
        """Tell one piece of news."""
        ...

    async def repeat(self, channel: ChannelName) -> None:
        """Tell what waits for a channel that is down in another chat, too; each once."""
        ...


class ChannelWatch:
    """Sees every change of every channel of a roster."""

    def __init__(
        self,
        roster: Roster,
        path: Path,
        clock: Clock,
        *,
        news: Herald,
        observe: Observe,
        patience_minutes: float,
    ) -> None:
        self._roster = roster
        self._path = path
        self._clock = clock
        self._tell, self._repeat = news.tell, news.repeat
        self._observe = observe
        self._outages = Outages(read_records(path), int(patience_minutes * 60_000))
        self._written = self._unkept = _document(self._outages.records)
        self._lines: dict[ChannelName, list[float]] = {}
        self._wake = asyncio.Event()
        roster.listen(self.see)

    def since(self, name: ChannelName) -> int | None:
        """Since when a channel is as it is."""
        return self._outages.since(name)

    def see(self, name: ChannelName) -> None:
        """Look at one channel."""
        if not self._roster.is_awaited(name):
            self._outages.forget(name)
            return
        sighting = self._roster.sighting(name)
        if self._outages.see(name, sighting, self._clock.now()):
            self._observe(Measure.CHANNEL, label=sighting.state.condition or sighting.state.status)
            self._log(name, sighting)
            self._wake.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._wake.clear()
            for name in list(self._roster.channels):
                self.see(name)
            try:
                for news in self._outages.news(self._clock.now()):
                    await self._tell(news)
                for name in self._outages.known_to_be_down():
                    await self._repeat(name)
            except NanoclawError as error:
                # The alert routes come first and need no database; what failed is the way by a chat.
                logger.error("the owner could not be told", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
            await self._keep()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    def _pause(self) -> float:
        moment = self._outages.next_moment()
        left = _SWEEP_SECONDS if moment is None else (moment - self._clock.now()) / 1000
        return min(_SWEEP_SECONDS, max(0.01, left))

    def _log(self, name: ChannelName, sighting: Sighting) -> None:
        now = self._clock.monotonic()
        recent = [at for at in self._lines.get(name, []) if now - at < _LINES_SECONDS]
        self._lines[name] = [*recent, now][: _LINES + 1]
        if len(recent) >= _LINES:
            if len(recent) == _LINES:
                logger.warning("a channel changes all the time", extra={"channel": name})
            return
        level = logging.INFO if sighting.is_up or not sighting.state.condition else logging.WARNING
        said = {"channel": name, "status": sighting.state.status, "condition": sighting.state.condition}
        logger.log(level, "channel state", extra=said)

    async def _keep(self) -> None:
        """What was told is remembered over a restart; a disk that does not take it is no reason to stop watching."""
        document = _document(self._outages.records)
        if document == self._written:
            return
        try:
            await asyncio.to_thread(replace_file, self._path, document.encode())
        except OSError as error:
            if document != self._unkept:
                logger.warning("what was told of channels is not kept", extra={"error": str(error)})
            self._unkept = document
        else:
            self._written = document


def read_records(path: Path) -> dict[ChannelName, Record]:
    """What is remembered; nothing where there is no file, or where it is not what was written."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {ChannelName(name): _record(one) for name, one in raw.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _record(raw: Mapping[str, Any]) -> Record:
    return Record(
        proven=bool(raw["proven"]),
        down_since=int(raw["down_since"]),
        told=[str(one) for one in raw["told"]],
        tellings={str(trouble): [int(at) for at in moments] for trouble, moments in raw["tellings"].items()},
    )


def _document(records: Mapping[ChannelName, Record]) -> str:
    """Only what must outlast a restart: a flapping channel is no reason to write."""
    kept = {}
    for name, record in records.items():
        known = asdict(record) | ({} if record.told else {"down_since": 0})
        if record.proven or record.told:
            kept[str(name)] = known
    return json.dumps(kept, separators=(",", ":"))

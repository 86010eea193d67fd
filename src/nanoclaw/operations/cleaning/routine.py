"""Cleaning by itself, once a week, for as long as the daemon runs."""

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.model.clock import Clock
from nanoclaw.operations.cleaning.clean import Cleaned, Cleaning
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings
from nanoclaw.settings.whole_files import replace_file

logger = logging.getLogger(__name__)

_SETTLE_SECONDS = 1_800.0
"""A daemon that has just started has better things to do."""
_LOOK_SECONDS = 3_600.0
_WEEK_MS = 7 * 86_400_000


@dataclass(slots=True)
class CleaningRoutine:
    """The cleaning of one home, in the daemon that has it."""

    home: Home
    settings: Settings
    clock: Clock

    async def run(self) -> None:
        """Work until cancelled; at once over when it is switched off."""
        if not self.settings.clean.enabled:
            return
        await asyncio.sleep(_SETTLE_SECONDS)
        while True:
            await self.round()
            await asyncio.sleep(_LOOK_SECONDS)

    async def round(self) -> bool:
        """Clean if a week has passed; whether it had."""
        if not self._due():
            return False
        done = await Cleaning(self.home, self.settings, self.clock).run()
        self._write_down(done)
        logger.info(
            "cleaned up",
            extra={"things": len(done.removed) + len(done.images), "bytes": done.bytes, "failed": len(done.failed)},
        )
        for note in done.notes:
            logger.warning("not cleaned", extra={"reason": note})
        return True

    def _due(self) -> bool:
        """A clock that was set back does not put it off for ever."""
        try:
            last = int(json.loads(self._record.read_text(encoding="utf-8"))["at"])
        except (OSError, ValueError, LookupError, TypeError):
            return True
        return not last <= self.clock.now() < last + _WEEK_MS

    def _write_down(self, done: Cleaned) -> None:
        text = json.dumps({"at": self.clock.now(), "things": len(done.removed), "bytes": done.bytes})
        try:
            replace_file(self._record, text.encode())
        except OSError as error:
            logger.warning("not cleaned", extra={"reason": f"when cannot be written down: {error.strerror}"})

    @property
    def _record(self) -> Path:
        return self.home.root / "data" / "cleaned.json"

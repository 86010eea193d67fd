"""The room on the home's disk: where there is hardly any left, the status and the owner are told."""

import asyncio
import logging
import shutil
from dataclasses import dataclass

from nanoclaw.control.shapes import ErrorShape
from nanoclaw.control.times import iso
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.alerts.contract import Alert, Level
from nanoclaw.settings.home import Home
from nanoclaw.store.files import log_of

logger = logging.getLogger(__name__)

FULL = 32 * 2**20
"""Bytes. With less, databases and copies of what was said soon fail to be written."""
_LOOK_SECONDS = 60.0
_DAY_MS = 86_400_000
_HINT = "`nanoclaw clean` frees some, `nanoclaw disk` shows where it went."


def shortage(home: Home) -> ErrorShape | None:
    """What to say of a disk that is full, or nearly; the time is that of the last write to the messages. Blocks."""
    try:
        free = shutil.disk_usage(home.root).free
    except FileNotFoundError:
        return None  # There is no home yet, and nothing of it to write.
    if free >= FULL:
        return None
    written = [path for path in (home.database, log_of(home.database)) if path.exists()]
    last = max((path.stat().st_mtime for path in written), default=0.0)
    what = f"The disk of {home.root} is full: {free // 2**20} MiB are left. A message that does not fit is refused."
    return ErrorShape(at=iso(Milliseconds(int(last * 1000))), what=what, hint=_HINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomWatch:
    """Looks once a minute, because a full disk wakes nobody; tells once a day."""

    home: Home
    clock: Clock
    tidings: Tidings

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> bool:
        """Tell of a shortage; whether there is one."""
        found = await asyncio.to_thread(shortage, self.home)
        if found is None:
            return False
        alert = Alert(level=Level.CRITICAL, key="disk-full", text=f"{found.what} {found.hint}")
        try:
            await self.tidings.tell(alert.text, f"disk-full-{self.clock.now() // _DAY_MS}", alert)
        except NanoclawError as error:
            # It went out by the alert routes; the chat's own copy may be what does not fit.
            logger.warning("the owner could not be told in a chat", extra={"error": str(error)})
        return True

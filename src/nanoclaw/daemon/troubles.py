"""Errors that the owner should know of: kept for the status, and told by the alert routes."""

import hashlib
import re

from nanoclaw.operations.alerts.contract import Level
from nanoclaw.operations.alerts.desk import AlertDesk
from nanoclaw.store.groups import Groups


class Troubles:
    """Notes each error; the same one is an alert once, whatever numbers are in it."""

    def __init__(self, groups: Groups, desk: AlertDesk) -> None:
        self._groups = groups
        self.desk = desk

    async def note(self, what: str, hint: str = "") -> None:
        """Keep an error and tell of it."""
        kind = re.sub(r"\d+", "#", what)
        key = f"trouble-{hashlib.sha256(kind.encode()).hexdigest()[:16]}"
        # First: it needs no database, which may be what is wrong.
        await self.desk.alert(Level.ERROR, key, f"{what} {hint}" if hint else what)
        await self._groups.note_trouble(what, hint)

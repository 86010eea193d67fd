"""Alerts of a daemon that cannot start: no chat works then, and nothing else runs that could tell."""

import asyncio
import hashlib
from dataclasses import replace

from nanoclaw.model.clock import Clock
from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.contract import Level
from nanoclaw.operations.alerts.desk import AlertDesk, plain_hands
from nanoclaw.operations.alerts.routes import routes_in_trouble
from nanoclaw.settings.home import Home

_SECONDS = 20.0
"""A start that failed waits no longer for its alert to leave; the next start sends what is left."""
_DAY = 86_400_000


def alert_without_daemon(home: Home, clock: Clock, text: str) -> bool:
    """Tell of a failure, once a day for each text; whether it was new. Does nothing where no route is set up.

    Nobody else may run in the home: what waits is sent from here.
    """
    routes = routes_in_trouble(home)
    if not routes.ways or not home.root.is_dir():
        return False
    routes = replace(routes, repeat=_DAY)
    key = f"start-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    async def tell() -> bool:
        desk = AlertDesk(Book(home), routes, clock, plain_hands(routes))
        new = await desk.alert(Level.CRITICAL, key, text)
        await desk.flush(_SECONDS)
        return new

    return asyncio.run(tell())

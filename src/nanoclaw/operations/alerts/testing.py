"""A test alert by each route, and the memory of what it found."""

import asyncio
import platform
from dataclasses import dataclass

from nanoclaw.model.clock import Clock
from nanoclaw.operations.alerts.book import Book, mark_of
from nanoclaw.operations.alerts.contract import AlertError, Level, Message, Route, Sent
from nanoclaw.operations.alerts.routes import Routes
from nanoclaw.operations.alerts.sending import send
from nanoclaw.operations.alerts.state import RouteState, Tested
from nanoclaw.settings.home import Home


class NoRouteError(AlertError):
    """There is no such route, or none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One route and what became of the test alert."""

    name: str
    kind: str
    sent: Sent


def try_routes(home: Home, routes: Routes, clock: Clock, only: str | None) -> tuple[Tried, ...]:
    """Send a test alert by each route, all at the same time, or by one; the results are remembered.

    Raises:
        AlertError: they cannot be remembered.
    """
    host = platform.node()[:60] or "this machine"
    message = Message(
        level=Level.INFO,
        title=f"NanoClaw on {host}: test",
        text="This is a test alert. Alerts of NanoClaw reach you by this route.",
    )
    ways = {way.name: way for way in routes.ways}
    names = [name for name in routes.names if only in {None, name}]

    async def every() -> list[Sent]:
        return await asyncio.gather(*(_try(ways.get(name), name, message) for name in names))

    results = [
        Tried(name=name, kind=ways[name].kind if name in ways else "?", sent=sent)
        for name, sent in zip(names, asyncio.run(every()), strict=True)
    ]
    _remember(home, ways, clock.now(), results)
    return tuple(results)


async def _try(way: Route | None, name: str, message: Message) -> Sent:
    if way is None:
        return Sent(problem="its variable is not set", hint=f"Write {name}=… into .env.")
    return await send(way, message)


def _remember(home: Home, ways: dict[str, Route], now: int, results: list[Tried]) -> None:
    with Book(home).change() as state:
        for one in results:
            if one.name not in ways:
                state.tests.pop(one.name, None)
                continue
            mark = mark_of(state, ways[one.name])
            state.tests[one.name] = Tested(at=now, ok=one.sent.ok, text=one.sent.problem, mark=mark)
            if one.sent.ok:
                # What waits for it need not wait for the next try.
                state.routes[one.name] = RouteState(sent_at=state.routes.get(one.name, RouteState()).sent_at)

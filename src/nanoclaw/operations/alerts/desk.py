"""Where alerts are handed in, and the task that sends them."""

import asyncio
import logging
import platform
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.contract import Alert, AlertError, Level, Message, Route, Sent
from nanoclaw.operations.alerts.routes import Routes
from nanoclaw.operations.alerts.rules import Parcel, accept, next_moment, next_parcel, note_sent, tidy
from nanoclaw.operations.alerts.sending import send
from nanoclaw.operations.alerts.state import State
from nanoclaw.operations.logs.redaction import Redactor

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LONGEST_SLEEP = 3600.0
"""The wall clock, which says when something is due, may be set while we sleep."""
_LONGEST_TEXT = 500
_TELL_AT = 3
"""After so many failures in a row the owner finds it in the status."""
_LOG_LEVELS = {
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.ERROR: logging.ERROR,
    Level.CRITICAL: logging.CRITICAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskHands:
    """What the desk works with."""

    conceal: Callable[[str], str]
    """Hides secrets in a text."""
    note: Callable[[str, str], Awaitable[None]]
    """Keeps a trouble of the desk itself, and a hint, where the owner looks."""
    send: Callable[[Route, Message], Awaitable[Sent]] = send


async def _note_nothing(_what: str, _hint: str) -> None:
    return


def plain_hands(routes: Routes) -> DeskHands:
    """For a process that does nothing else."""
    secrets = [secret for way in routes.ways for secret in way.secrets]
    return DeskHands(conceal=Redactor(secrets).text, note=_note_nothing)


class AlertDesk:
    """Takes alerts in at any time; sends them while :meth:`run` runs."""

    def __init__(self, book: Book, routes: Routes, clock: Clock, hands: DeskHands) -> None:
        self._book = book
        self._routes = routes
        self._clock = clock
        self._hands = hands
        self._names = [way.name for way in routes.ways]
        self._wake = asyncio.Event()
        self._host = platform.node()[:60] or "this machine"
        self._unkept = False
        self._saying = threading.Lock()

    async def alert(self, level: Level, key: str, text: str) -> bool:
        """Take an alert in; when this returns it is on disk and in the log. Whether it is new.

        Never raises: what is told of is worse than that it cannot be told. Where the disk takes nothing, which may be
        what is told of, it is remembered and sent all the same; only a kill then loses it.
        """
        one_line = " ".join(text.split())
        alert = Alert(level=level, key=key[:200], text=self._hands.conceal(one_line)[:_LONGEST_TEXT])
        new = await asyncio.to_thread(self._accept, alert)
        if new:
            logger.log(_LOG_LEVELS[level], "alert", extra={"about": alert.text})
            self._wake.set()
        return new

    async def run(self) -> None:
        """Send until cancelled."""
        for name in self._routes.unset:
            await self._note(f"The alert route {name} has no address", f"Write {name}=… into .env.")
        await asyncio.to_thread(self._begin)
        while True:
            self._wake.clear()
            pause = _LONGEST_SLEEP
            try:
                moment = await self._send_due()
                if moment is not None:
                    pause = min(pause, max(0.0, (moment - self._clock.now()) / 1000))
            except AlertError as error:
                logger.error("alerts cannot be read", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def flush(self, seconds: float) -> None:
        """Send what is due, for so long at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._send_due()
        except TimeoutError:
            return

    async def _send_due(self) -> int | None:
        """Send all that may go now; the moment from which more may, None when nothing waits."""
        while (parcel := await asyncio.to_thread(self._next)) is not None:
            way = next(way for way in self._routes.ways if way.name == parcel.route)
            sent = await self._hands.send(way, parcel.message)
            fails = await asyncio.to_thread(self._note_sent, parcel, sent)
            if sent.ok:
                logger.info("alert sent", extra={"route": way.name, "alerts": len(parcel.entries)})
                continue
            logger.warning("alert not sent", extra={"route": way.name, "reason": sent.problem, "failures": fails})
            if fails == _TELL_AT:
                await self._note(f"Alerts do not get out by {way.name}: {sent.problem}", sent.hint)
        return next_moment(self._book.read(), self._names, self._clock.now())

    async def _note(self, what: str, hint: str) -> None:
        try:
            await self._hands.note(what, hint)
        except NanoclawError as error:
            logger.error("a trouble could not be noted", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed

    def _accept(self, alert: Alert) -> bool:
        sent = bool(self._routes.names) and alert.level.rank >= self._routes.least.rank
        return self._change(lambda state: accept(state, alert, self._clock.now(), self._routes.repeat, sent=sent))

    def _begin(self) -> None:
        def known(state: State) -> None:
            state.known_routes = list(self._routes.names)
            tidy(state, self._names, self._clock.now())

        self._change(known)

    def _next(self) -> Parcel | None:
        return next_parcel(self._book.read(), self._names, self._clock.now(), self._host)

    def _note_sent(self, parcel: Parcel, sent: Sent) -> int:
        def note(state: State) -> int:
            note_sent(state, parcel, sent, self._names, self._clock.now())
            return state.routes[parcel.route].fails

        return self._change(note)

    def _change(self, work: Callable[[State], T]) -> T:
        """What ``work`` makes of the state. That it cannot be written down is said once, and once that it can again."""
        found: list[T] = []
        try:
            with self._book.change() as state:
                found.append(work(state))
        except AlertError as error:
            self._say(str(error))
        else:
            self._say("")
        return found[0]

    def _say(self, trouble: str) -> None:
        with self._saying:
            before, self._unkept = self._unkept, bool(trouble)
        if trouble and not before:
            logger.error("alerts cannot be kept", extra={"error": trouble})
        elif before and not trouble:
            logger.info("alerts are kept again")

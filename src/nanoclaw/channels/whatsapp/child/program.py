"""The process's own loop: orders in, lines out, a look at the client every second, and an end when there is no use."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from nanoclaw.channels.whatsapp.child.account import keep_account, kept_account
from nanoclaw.channels.whatsapp.child.binding import Library
from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.client import Client, Keeping, Told
from nanoclaw.channels.whatsapp.child.condition import Condition
from nanoclaw.channels.whatsapp.child.files import Files
from nanoclaw.channels.whatsapp.child.groups import Groups
from nanoclaw.channels.whatsapp.child.journal import Journal
from nanoclaw.channels.whatsapp.child.orders import Orders
from nanoclaw.channels.whatsapp.child.pairing import Pairing
from nanoclaw.channels.whatsapp.child.spool import Spool
from nanoclaw.channels.whatsapp.child.teller import Sources, Teller
from nanoclaw.channels.whatsapp.link import (
    LINE_LIMIT,
    Done,
    Failed,
    Fetch,
    Kept,
    Line,
    Logout,
    Order,
    Pair,
    Person,
    StopPairing,
    from_parent,
    to_line,
)
from nanoclaw.channels.whatsapp.session_file import SESSION_FILE
from nanoclaw.model.clock import Clock, SystemClock

ASKED, REST, AGAIN, BROKEN = 0, 3, 4, 5
"""Exit codes: it was told to end; only the owner can help; trying again helps; it cannot work here."""
_SIGN_OF_LIFE = 4.0
_UNREACHABLE, _CONNECTING = 45.0, 60.0
_ALIVE = 15.0
_STUCK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a child lives: its folder, and whether there is a session in it."""

    folder: Path
    paired: bool


class Program:
    """One process."""

    def __init__(self, place: Place, link: socket.socket, end: Callable[[int], None]) -> None:
        self._place = place
        self._link = link
        self._end = end
        self._clock: Clock = SystemClock()
        self._loop = asyncio.get_running_loop()
        self._writer: asyncio.StreamWriter | None = None
        self._condition = Condition(self._clock, lambda: self._hand_over(self._say_standing))
        self._spool = Spool(place.folder / "spool")
        self._journal = Journal(place.folder / "sent.log", self._clock)
        self._calls = Calls()
        self._started = False
        self._greeted = False

    async def run(self) -> None:
        """Until the parent goes away, or the client is of no more use."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._link, limit=LINE_LIMIT)
        try:
            self._build()
        except (OSError, ModuleNotFoundError) as error:
            self._condition.set("failed", f"{type(error).__name__}: {error}")
            await self._leave(BROKEN)
            return
        if self._place.paired:
            self._remember_account()
            self._start()
        else:
            self._condition.set("unpaired")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._teller.run(tasks), name="teller")
            tasks.create_task(self._listen(reader, tasks), name="orders")
            tasks.create_task(self._watch(), name="watch")

    def _build(self) -> None:
        library = Library()
        keeping = Keeping(spool=self._spool, journal=self._journal, condition=self._condition, clock=self._clock)
        groups = Groups(library, self._calls, self._clock)
        self._files = Files(self._place.folder / "fetched", self._calls)
        self._journal.open()
        sources = Sources(
            spool=self._spool, files=self._files, groups=groups, condition=self._condition, clock=self._clock
        )
        self._teller = Teller(sources, self._say)
        waiting = self._spool.open()
        self._files.open({record.number for record in waiting})
        for record in waiting:
            self._teller.add(record)
        self._pairing = Pairing(library, self._calls, self._condition, self._say)
        told = Told(
            record=lambda record: self._hand_over(self._teller.add, record),
            code=lambda code: self._hand_over(self._pairing.code, code),
            pairing=lambda word: self._hand_over(self._pairing.ended, word),
            account=lambda me: self._hand_over(self._is_account, me),
            regrouped=groups.forget,
            ended=lambda error: self._hand_over(self._ended, error),
        )
        self._client = Client(library, keeping, told)
        self._orders = Orders(self._client, self._calls, keeping)

    def _is_account(self, me: Person) -> None:
        keep_account(self._place.folder, me)
        self._pairing.account()

    def _remember_account(self) -> None:
        """What came in before this start is about the same account, which the library tells only later."""
        if me := kept_account(self._place.folder):
            self._condition.is_account(me)

    def _start(self) -> None:
        self._started = True
        path = quote(str(self._place.folder / SESSION_FILE))
        # The library adds its own "?_foreign_keys=on" behind this.
        self._client.start(f"{path}?_foreign_keys=on&_journal_mode=WAL&_busy_timeout=10000&_end=")
        self._condition.set("connecting")

    def _ended(self, error: str) -> None:
        """The library gave the client up: it never tries again by itself."""
        if not self._condition.is_final:
            self._condition.set("unreachable", "the first connection failed" if error else "the client ended")

    async def _listen(self, reader: asyncio.StreamReader, tasks: asyncio.TaskGroup) -> None:
        while line := await reader.readline():
            try:
                said = from_parent(line)
            except ValidationError:
                continue  # of a newer parent
            if isinstance(said, Kept):
                self._teller.kept(said.number)
            else:
                tasks.create_task(self._answer(said), name=f"order-{said.says}")
        self._spool.close()
        self._end(ASKED)

    async def _answer(self, order: Order) -> None:
        self._say(await self._carry_out(order))

    async def _carry_out(self, order: Order) -> Done | Failed:
        if isinstance(order, Fetch):
            return await self._files.fetch(order)
        if isinstance(order, Pair):
            if self._started:
                return Failed(order=order.order, why="an account is linked, or is being linked", again=False)
            self._pairing.begin(order.phone)
            self._condition.begin_again("connecting")
            self._start()
            return Done(order=order.order)
        if isinstance(order, StopPairing):
            self._pairing.fail("timeout", "given up")
            return Done(order=order.order)
        result = await self._orders.carry_out(order)
        if isinstance(order, Logout) and isinstance(result, Done):
            self._condition.set("logged-out", "on request")
        return result

    async def _watch(self) -> None:
        """A look at the client every second, and a sign of life every four, as long as the library answers."""
        said = 0.0
        while True:
            await asyncio.sleep(1)
            await self._greet()
            if self._clock.monotonic() - said < _SIGN_OF_LIFE and not self._condition.is_final:
                continue
            said = self._clock.monotonic()
            if self._client.began:
                with contextlib.suppress(TimeoutError):
                    await self._calls.run(_ALIVE, self._client.library.is_connected)
            self._say_standing()
            if self._condition.is_final or not self._client.lives:
                self._pairing.ended_otherwise()
            code = self._verdict()
            if code is not None:
                await asyncio.sleep(1)  # for the library to delete a session that has ended, and for the answers
                await self._leave(code)

    async def _greet(self) -> None:
        """Tell the server what the account calls itself, and that nobody sits here: telephones go on ringing."""
        if self._condition.state == "connected" and not self._greeted:
            self._greeted = True
            with contextlib.suppress(TimeoutError):
                await self._calls.run(_ALIVE, lambda: self._client.library.tell("SendPresence", "unavailable"))

    def _verdict(self) -> int | None:
        """The exit code, when there is no use in going on."""
        state, lasts = self._condition.state, self._condition.lasts()
        if self._condition.is_final:
            return REST if self._started else None
        if state == "unreachable" and (lasts > _UNREACHABLE or self._condition.given_up or not self._client.lives):
            return AGAIN
        if state == "connecting" and lasts > _CONNECTING and not self._pairing.goes_on:
            return AGAIN
        return AGAIN if self._calls.stuck >= _STUCK else None

    async def _leave(self, code: int) -> None:
        self._say_standing()
        if self._writer is not None:
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(self._writer.drain(), 1)
        self._spool.close()
        self._end(code)

    def _say_standing(self) -> None:
        self._say(self._condition.standing())

    def _say(self, line: Line) -> None:
        if self._writer is not None:
            self._writer.write(to_line(line))

    def _hand_over(self, function: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(function, *arguments)


def end_at_once(code: int) -> None:
    """End the process. Nothing else does: the library's threads cannot be asked to."""
    os._exit(code)

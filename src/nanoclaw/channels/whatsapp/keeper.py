"""Keeps a child alive: starts it, gives it orders, watches that it speaks, kills and starts it again."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from nanoclaw.channels.whatsapp.child.spool import in_doubt
from nanoclaw.channels.whatsapp.child_contract import Heard, OrderFailedError
from nanoclaw.channels.whatsapp.link import (
    Code,
    Done,
    Edit,
    Failed,
    Fetch,
    Incoming,
    Kept,
    Logout,
    NotPaired,
    Order,
    Pair,
    Paired,
    Probe,
    React,
    Standing,
    Write,
    from_child,
)
from nanoclaw.channels.whatsapp.process import PROGRAM, ChildProcess
from nanoclaw.channels.whatsapp.session_file import SESSION_FILE
from nanoclaw.model.clock import Clock
from nanoclaw.store.errors import StoreError
from nanoclaw.store.whatsapp import Doubt, is_linked, take_back

_log = logging.getLogger(__name__)
_ASKED, _REST, _AGAIN = 0, 3, 4
_DEADLINES: dict[type[Order], float] = {
    Fetch: 150, Pair: 30, Write: 260, React: 120, Edit: 120, Probe: 30, Logout: 45,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited for what, in seconds."""

    pauses: tuple[float, ...] = (0, 1, 2, 5, 10, 20, 40, 60)
    """After each end in a row; the last one for ever."""
    healthy: float = 60
    """Connected for so long, a child's end counts as the first."""
    silence: float = 20
    """Without a line for so long, a child hangs."""
    start: float = 30
    """The same for the first line."""
    stop: float = 5
    order: float = 20
    """For orders without a deadline in ``_DEADLINES``."""
    back: float = 15
    """How long an order waits for a child to be there."""


class Keeper:
    """A ``child_contract.Child``: one child at a time, in one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str],
        clock: Clock,
        program: Sequence[str] = PROGRAM,
        patience: Patience | None = None,
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._clock = clock
        self._program = program
        self._patience = patience or Patience()
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._orders: dict[int, asyncio.Future[Done]] = {}
        self._count = 0
        self._child: ChildProcess | None = None
        self._there = asyncio.Event()
        self._wanted = asyncio.Event()
        self._standing = Standing(state="starting")
        self._spoke = 0.0
        self._connected_at = 0.0
        self._pairing = False

    @property
    def standing(self) -> Standing:
        """What the child said last of how it is, or what became of it."""
        return self._standing

    @property
    def pid(self) -> int:
        """The living child's process, 0 without one."""
        return self._child.pid if self._child else 0

    async def events(self) -> AsyncIterator[Heard]:
        """See ``child_contract.Child``."""
        while True:
            yield await self._heard.get()

    async def order(self, order: Order) -> Done:
        """See ``child_contract.Child``."""
        if isinstance(order, Pair) or (isinstance(order, Probe) and self._standing.state == "replaced"):
            self._wanted.set()
        if isinstance(order, Pair) and self._pairing and self._child is not None:
            await self._begin_anew(self._child)
        try:
            await asyncio.wait_for(self._there.wait(), self._patience.back)
        except TimeoutError:
            raise OrderFailedError(f"WhatsApp is {self._standing.state}", again=True) from None
        self._count += 1
        number = self._count
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._orders[number] = answer
        try:
            child = self._child
            if child is not None:
                await child.say(order.model_copy(update={"order": number}))
            return await asyncio.wait_for(answer, _DEADLINES.get(type(order), self._patience.order))
        except TimeoutError:
            raise OrderFailedError("the WhatsApp client did not answer in time", again=True, unsure=True) from None
        finally:
            self._orders.pop(number, None)

    async def _begin_anew(self, child: ChildProcess) -> None:
        """A child can show codes once. Another order to pair needs another child."""
        self._there.clear()
        self._pairing = False
        await child.stop(self._patience.stop)

    async def kept(self, number: int) -> None:
        """See ``child_contract.Child``."""
        if self._child is not None:
            await self._child.say(Kept(number=number))

    async def run(self) -> None:
        """See ``child_contract.Child``."""
        failures = 0
        while True:
            if failures:
                await asyncio.sleep(self._patience.pauses[min(failures, len(self._patience.pauses)) - 1])
            self._connected_at = 0.0
            self._pairing = False
            code = await self._live()
            if self._connected_at and self._clock.monotonic() - self._connected_at >= self._patience.healthy:
                failures = 0
            failures += 1
            if code == _ASKED:
                failures = 0  # by us
            if code == _REST:
                await self._rest()
                failures = 0

    async def _rest(self) -> None:
        """Until the owner asks for it, or a ban is over."""
        seconds = None
        if self._standing.until:
            seconds = max(1.0, (self._standing.until - self._clock.now()) / 1000)
        # Not cleared before: it may have been asked for while the last child was ending.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), seconds)
        self._wanted.clear()

    async def _live(self) -> int:
        """One child's life: its code."""
        paired = await self._look()
        if paired is None:
            return 1
        try:
            child = await ChildProcess.start(
                self._folder, paired=paired, environment=self._environment, program=self._program
            )
        except OSError as error:
            self._became(f"it cannot be started: {error.strerror}")
            return 1
        self._child = child
        self._spoke = self._clock.monotonic()
        try:
            async with asyncio.TaskGroup() as tasks:
                words = tasks.create_task(child.listen_to_last_words(), name="whatsapp-last-words")
                watch = tasks.create_task(self._watch(child), name="whatsapp-watch")
                self._there.set()
                await self._listen(child)
                self._there.clear()
                watch.cancel()
                await child.stop(self._patience.stop)
                await asyncio.wait({words}, timeout=1)
                words.cancel()
        finally:
            self._there.clear()
            self._child = None
            self._fail_orders()
            # Also when we are cancelled: nobody is left behind.
            await asyncio.shield(child.stop(self._patience.stop))
        self._explain(child)
        return child.code if child.code is not None else 1

    async def _look(self) -> bool | None:
        """Whether there is a session; None when the database is damaged."""
        try:
            return await asyncio.to_thread(_prepare, self._folder)
        except StoreError as error:
            self._became(f"the session cannot be read: {error}")
            return None

    async def _listen(self, child: ChildProcess) -> None:
        while line := await child.line():
            self._spoke = self._clock.monotonic()
            try:
                said = from_child(line)
            except ValidationError:
                _log.warning("the WhatsApp client said something that cannot be read", extra={"bytes": len(line)})
                continue
            if isinstance(said, Done | Failed):
                self._settle(said)
            else:
                self._note(said)
                if isinstance(said, Paired):
                    # The database is new: from now on it remembers old keys.
                    await self._look()
                self._heard.put_nowait(said)

    def _note(self, said: Heard) -> None:
        match said:
            case Code() | NotPaired():
                self._pairing = True
            case Paired():
                self._pairing = False
                self._wanted.clear()
            case Standing():
                self._standing = said
                if said.state != "connected":
                    self._connected_at = 0.0
                elif not self._connected_at:
                    self._connected_at = self._clock.monotonic()
            case Incoming():
                pass

    def _settle(self, said: Done | Failed) -> None:
        answer = self._orders.get(said.order)
        if answer is None or answer.done():
            return
        if isinstance(said, Done):
            answer.set_result(said)
        else:
            answer.set_exception(
                OrderFailedError(said.why, again=said.again, unsure=said.unsure, code=said.code, full=said.full)
            )

    def _fail_orders(self) -> None:
        for answer in self._orders.values():
            if not answer.done():
                answer.set_exception(OrderFailedError("the WhatsApp client ended", again=True, unsure=True))

    async def _watch(self, child: ChildProcess) -> None:
        """Kill a child that says nothing: it hangs, however alive it looks."""
        limit = self._patience.start
        while True:
            seen = self._spoke
            await asyncio.sleep(limit / 4)
            if self._spoke != seen:
                limit = self._patience.silence
            if self._clock.monotonic() - self._spoke > limit:
                child.kill()
                self._became("it hung, and was ended")
                return

    def _explain(self, child: ChildProcess) -> None:
        code = child.code or 0
        if code in {_ASKED, _REST, _AGAIN}:
            return  # it said why, or we wanted it
        what = f"it ended by signal {-code}" if code < 0 else f"it ended with code {code}"
        if self._standing.state != "failed":
            self._became(f"{what}{f': {child.last_words}' if child.last_words else ''}")

    def _became(self, detail: str) -> None:
        _log.warning("the WhatsApp client is down", extra={"detail": detail})
        self._standing = Standing(state="failed", detail=detail, me=self._standing.me)
        self._heard.put_nowait(self._standing)


def _prepare(folder: Path) -> bool:
    """Take back what the last child was in the middle of; whether there is a session."""
    database = folder / SESSION_FILE
    linked = is_linked(database)
    doubt = in_doubt(folder / "spool") if linked else b""
    if doubt:
        told = json.loads(doubt)
        take_back(database, Doubt(since=told["since"], users=frozenset(told["users"]), chat=told["chat"]))
    return linked

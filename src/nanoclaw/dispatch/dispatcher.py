"""Which groups work: at most so many agents at once, the groups that wait first come, first served."""

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from math import inf

from nanoclaw.dispatch.limits import Outlets
from nanoclaw.dispatch.signals import AgentState, Asked, Compact, Leave, Work
from nanoclaw.dispatch.worker import Worker
from nanoclaw.model.chats import ChatAddress, ChatId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.options import Conversation
from nanoclaw.store.turns import Turns

logger = logging.getLogger(__name__)

_TAKEN_UP_AT_MOST = 5
_SHARE_SECONDS = 30.0
"""While others wait, a group that always has more to do gives its place up after this long, at the end of a turn."""


class Dispatcher:
    """Starts workers, wakes them, and takes their places back."""

    def __init__(
        self,
        turns: Turns,
        clock: Clock,
        make_worker: Callable[[Group], Worker],
        outlets: Outlets,
        at_once: int,
        *,
        sweep_seconds: float = 60.0,
    ) -> None:
        self._turns = turns
        self._clock = clock
        self._make_worker = make_worker
        self._outlets = outlets
        self._at_once = at_once
        self._sweep_seconds = sweep_seconds
        self._workers: dict[GroupId, Worker] = {}
        self._runs: dict[GroupId, asyncio.Task[None]] = {}
        self._waiting: dict[GroupId, Group] = {}
        self._begun: dict[GroupId, float] = {}
        self._giving_way: set[GroupId] = set()
        self._expected: tuple[Group, ChatId | None] | None = None
        self._ended = asyncio.Event()
        self._look = asyncio.Event()
        self._stopping = False
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The workers there are, oldest first."""
        return tuple(self._workers.values())

    async def run(self) -> None:
        """Dispatch until cancelled. Turns that an earlier daemon left unfinished start again by themselves."""
        try:
            await self._take_up(served=())
        except NanoclawError as error:
            # A full disk, for one, is no reason to end: the daemon that says so is worth more than none.
            logger.error("unfinished turns wait for the sweep", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
        swept = self._clock.monotonic()
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._look.set()
            while True:
                self._look.clear()
                next_due = await self._plan()
                sweep_in = swept + self._sweep_seconds - self._clock.monotonic()
                due_in = sweep_in if next_due is None else (next_due - self._clock.now()) / 1000
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, min(sweep_in, due_in, self._share_ends_in()))):
                        await self._look.wait()
                if self._clock.monotonic() >= swept + self._sweep_seconds:
                    await self._sweep()
                    swept = self._clock.monotonic()

    def wake(self, group: Group) -> None:
        """A group may have work."""
        worker = self._workers.get(group.id)
        if worker is not None:
            worker.tell(Work())
        elif not self._stopping:
            self._waiting[group.id] = group
            self._fill()
            if self._waiting:
                self._look.set()

    def expect(self, group: Group, chat: ChatId | None = None) -> None:
        """A group will soon have work: start its agent ahead, if need be in the place of one that idles.

        Where each chat has a conversation of its own, only if it is known in which.
        """
        if chat is None and group.options.conversation is Conversation.SEPARATE:
            return
        idle = any(worker.state is AgentState.IDLE for worker in self._workers.values())
        if group.id not in self._workers and not self._waiting and (idle or len(self._workers) < self._at_once):
            self._expected = group, chat
            self._fill()

    def asked(self, folder: GroupFolder, at: Milliseconds) -> None:
        """A request of a group's agent left for the model."""
        for worker in self._workers.values():
            if worker.group.folder == folder:
                worker.tell(Asked(at=at))

    def compact(self, group: Group, chat: ChatId | None = None, *, told: ChatAddress | None = None) -> bool:
        """Have a group's conversation shortened, or the chat's own; ``told`` hears what came of it.

        False when its agent works or serves another conversation, or there is no room to start it.
        """
        worker = self._workers.get(group.id)
        if worker is None and not self._waiting and len(self._workers) < self._at_once:
            self._begin(group, ahead=True, chat=chat)
            worker = self._workers.get(group.id)
        busy = worker is None or worker.state in {AgentState.WORKING, AgentState.CLOSING}
        if worker is None or busy or not worker.serves(chat):
            return False
        worker.tell(Compact(chat=told))
        return True

    async def interrupt(self, group: GroupId) -> bool:
        """Stop what a group's agent does; False when it does nothing."""
        worker = self._workers.get(group)
        return worker is not None and await worker.interrupt()

    def release(self, group: GroupId) -> None:
        """Close a group's agent once it is idle: the group was removed, or is to be served as it is set now."""
        self._waiting.pop(group, None)
        if group in self._workers:
            self._workers[group].tell(Leave())

    def make_room(self) -> None:
        """A worker changed its state: an idle one, or one that has had its share, may have to leave for a group."""
        idle = [worker for worker in self._workers.values() if worker.state is AgentState.IDLE]
        leaving = {worker.group.id for worker in self._workers.values() if worker.state is AgentState.CLOSING}
        missing = len(self._waiting) - (self._at_once - len(self._workers)) - len(leaving | self._giving_way)
        wanted = missing + (self._expected is not None)
        for worker in sorted(idle, key=lambda worker: worker.since)[: max(0, wanted)]:
            worker.tell(Leave())
        served = [worker for worker in self._busy() if self._share_left(worker) <= 0]
        for worker in sorted(served, key=self._share_left)[: max(0, missing - len(idle))]:
            self._giving_way.add(worker.group.id)
            worker.tell(Leave())

    def _busy(self) -> list[Worker]:
        """Workers in the middle of something that have not been told to leave."""
        return [
            worker
            for worker in self._workers.values()
            if worker.state is AgentState.WORKING and worker.group.id not in self._giving_way
        ]

    def _share_left(self, worker: Worker) -> float:
        return self._begun[worker.group.id] + _SHARE_SECONDS - self._clock.monotonic()

    def _share_ends_in(self) -> float:
        """When the next worker may have to give way; never while nobody waits."""
        ends = [left for worker in self._busy() if (left := self._share_left(worker)) > 0] if self._waiting else []
        return min(ends, default=inf)

    async def stop(self, seconds: float) -> None:
        """Let running turns finish for so long, then end everything. Turns that did not finish start again later."""
        self._stopping = True
        self._expected = None
        self._waiting.clear()
        for worker in self._workers.values():
            worker.tell(Leave())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._workers:
                    self._ended.clear()
                    await self._ended.wait()
        runs = list(self._runs.values())
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    def _fill(self) -> None:
        while self._waiting and len(self._workers) < self._at_once and not self._stopping:
            identity = next(iter(self._waiting))
            self._begin(self._waiting.pop(identity), ahead=False)
        if self._expected is not None and len(self._workers) < self._at_once:
            (expected, chat), self._expected = self._expected, None
            if expected.id not in self._workers:
                self._begin(expected, ahead=True, chat=chat)
        self.make_room()

    def _begin(self, group: Group, *, ahead: bool, chat: ChatId | None = None) -> None:
        if self._tasks is None or self._stopping:
            return
        worker = self._make_worker(group)
        self._workers[group.id] = worker
        self._begun[group.id] = self._clock.monotonic()
        run = self._tasks.create_task(self._supervise(worker, ahead=ahead, chat=chat), name=f"group-{group.folder}")
        self._runs[group.id] = run

    async def _supervise(self, worker: Worker, *, ahead: bool, chat: ChatId | None) -> None:
        try:
            await worker.run(ahead=ahead, chat=chat)
        except Exception:
            # The boundary between one group and all others: whatever breaks a worker breaks that worker only. Its
            # turns are still running in the store, and the sweep takes them up.
            logger.exception("worker broke", extra={"group": worker.group.folder})
        finally:
            self._workers.pop(worker.group.id, None)
            self._runs.pop(worker.group.id, None)
            self._begun.pop(worker.group.id, None)
            self._giving_way.discard(worker.group.id)
            self._ended.set()
            self._look.set()

    async def _plan(self) -> Milliseconds | None:
        """Wake the groups with due turns; the moment the next other one is due."""
        next_due = None
        try:
            now = self._clock.now()
            for due in await self._turns.due():
                if due.not_before > now:
                    next_due = min(next_due or due.not_before, due.not_before)
                elif due.group.id not in self._workers:
                    self._waiting.setdefault(due.group.id, due.group)
        except NanoclawError as error:
            logger.error("cannot look for due turns", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
        self._fill()
        return next_due

    async def _sweep(self) -> None:
        """Repairs what a lost wake-up or a failed write left lying, and says so."""
        try:
            await self._take_up(served=self._workers.keys())
            for due in await self._turns.due():
                idle = due.group.id not in self._workers and due.group.id not in self._waiting
                if idle and due.not_before <= self._clock.now():
                    logger.warning("sweep found a forgotten turn", extra={"group": due.group.folder})
        except NanoclawError as error:
            logger.error("sweep failed", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed

    async def _take_up(self, *, served: Collection[GroupId]) -> None:
        recovered = await self._turns.recover(limit=_TAKEN_UP_AT_MOST, served=tuple(served))
        if recovered.again:
            logger.info("unfinished turns start again", extra={"turns": len(recovered.again)})
        for run in recovered.broken:
            self._outlets.run_ended(run)
        for turn in recovered.given_up:
            logger.error("a turn outlived too many workers", extra={"turn": turn})
            address = await self._turns.give_up(turn)
            if address is not None:
                self._outlets.deliver(address)

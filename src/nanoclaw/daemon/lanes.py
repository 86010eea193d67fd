"""The two lanes of work: what is said in chats, and tasks in conversations of their own. Neither holds up the other."""

import asyncio

from nanoclaw.daemon.shelves import Shelves
from nanoclaw.dispatch.dispatcher import Dispatcher
from nanoclaw.dispatch.ledger import Ledger, RetryPolicy
from nanoclaw.dispatch.limits import Outlets, WorkLimits
from nanoclaw.dispatch.signals import Surface
from nanoclaw.dispatch.worker import Worker
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.model.chats import ChatAddress, ChatId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.turns import Lane
from nanoclaw.settings.schema import AgentSettings


class Lanes:
    """One dispatcher a lane, asked together. :meth:`equip` before anything runs."""

    def __init__(
        self, store: Shelves, settings: AgentSettings, outlets: Outlets, broadcast: Broadcast, clock: Clock
    ) -> None:
        self._store = store
        self._settings = settings
        self._outlets = outlets
        self._broadcast = broadcast
        self._clock = clock
        self._surface: Surface | None = None
        self._chats = Dispatcher(
            store.turns, clock, lambda group: self._hire(group, Lane.GROUP), outlets, settings.at_once
        )
        self._tasks = Dispatcher(
            store.isolated, clock, lambda group: self._hire(group, Lane.ISOLATED), outlets, settings.tasks_at_once
        )

    def equip(self, surface: Surface) -> None:
        """What workers work with. It is made of parts that themselves tell the lanes things."""
        self._surface = surface

    def _hire(self, group: Group, lane: Lane) -> Worker:
        """A group's worker, with the group's own limits where it has some."""
        if self._surface is None:
            raise RuntimeError("equip the lanes before they run")
        store, agents, options = self._store, self._settings, group.options
        chats = lane is Lane.GROUP
        ledger = Ledger(
            store.turns if chats else store.isolated,
            store.groups,
            store.outbox,
            self._clock,
            retries=RetryPolicy(seconds=agents.retry_seconds),
            outlets=self._outlets,
        )
        limits = WorkLimits(
            turn_seconds=(options.turn_minutes or agents.turn_minutes) * 60,
            idle_seconds=(options.idle_minutes or agents.idle_minutes) * 60,
            lane=lane,
            changed=(self._chats if chats else self._tasks).make_room,
        )
        return Worker(group, ledger, self._surface, self._broadcast, self._clock, limits=limits)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The workers there are, those of chats first."""
        return (*self._chats.workers, *self._tasks.workers)

    async def run(self) -> None:
        """Dispatch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._chats.run(), name="dispatch-chats")
            tasks.create_task(self._tasks.run(), name="dispatch-tasks")

    async def stop(self, seconds: float) -> None:
        """Let running turns finish for so long, then end everything."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._chats.stop(seconds), name="stop-chats")
            tasks.create_task(self._tasks.stop(seconds), name="stop-tasks")

    def wake(self, group: Group) -> None:
        """A chat of a group may have work."""
        self._chats.wake(group)

    def wake_lane(self, group: Group, lane: Lane) -> None:
        """A lane of a group may have work."""
        (self._chats if lane is Lane.GROUP else self._tasks).wake(group)

    def expect(self, group: Group, chat: ChatId | None = None) -> None:
        """A group will soon have work, in this chat if that is known."""
        self._chats.expect(group, chat)

    def asked(self, folder: GroupFolder, at: Milliseconds) -> None:
        """A request of a group's agent left for the model."""
        self._chats.asked(folder, at)
        self._tasks.asked(folder, at)

    def compact(self, group: Group, chat: ChatId | None = None, *, told: ChatAddress | None = None) -> bool:
        """Have a group's conversation shortened, or the chat's own; False when that cannot be done now."""
        return self._chats.compact(group, chat, told=told)

    async def interrupt(self, group: GroupId) -> bool:
        """Stop what a group's agents do; False when they do nothing."""
        stopped = [await self._chats.interrupt(group), await self._tasks.interrupt(group)]
        return any(stopped)

    def release(self, group: GroupId) -> None:
        """Close a group's agents once they are idle."""
        self._chats.release(group)
        self._tasks.release(group)

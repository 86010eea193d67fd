"""Tells the parent what came in: in order within a chat, at most so much at a time, until it is kept.

Files are not fetched for it: the parent knows for which chats they are wanted.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from nanoclaw.channels.whatsapp.child import inbound
from nanoclaw.channels.whatsapp.child.condition import Condition
from nanoclaw.channels.whatsapp.child.files import Files
from nanoclaw.channels.whatsapp.child.groups import NOTHING, Facts, Groups
from nanoclaw.channels.whatsapp.child.inbound import Arrival
from nanoclaw.channels.whatsapp.child.spool import Kind, Record, Spool
from nanoclaw.channels.whatsapp.link import Incoming, Line
from nanoclaw.model.clock import Clock

WINDOW = 500
"""How many messages the parent may have to answer for at a time."""
AGAIN = 90.0
"""Seconds that an undecryptable message has to come again, before it is told as unreadable."""
_CONNECTS = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where what a message lacks comes from."""

    spool: Spool
    files: Files
    groups: Groups
    condition: Condition
    clock: Clock


class Teller:
    """From records to lines."""

    def __init__(self, sources: Sources, say: Callable[[Line], None]) -> None:
        self._sources = sources
        self._say = say
        self._waiting: deque[Record] = deque()
        self._told: set[int] = set()
        self._chats: dict[str, deque[Incoming]] = {}
        self._wake = asyncio.Event()
        self._again: dict[bytes, Record] = {}

    def add(self, record: Record) -> None:
        """This came in. Call it in the loop."""
        self._waiting.append(record)
        self._wake.set()

    def kept(self, number: int) -> None:
        """The parent has it, or will not have it."""
        self._told.discard(number)
        self._sources.files.forget(number)
        self._sources.spool.kept(number)
        self._wake.set()

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Tell for ever; what needs something of a group gets a task in ``tasks``."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and len(self._told) < WINDOW:
                self._tell(self._waiting.popleft(), tasks)
                if len(self._told) % 50 == 49:
                    await asyncio.sleep(0)

    def _tell(self, record: Record, tasks: asyncio.TaskGroup) -> None:
        if record.kind is Kind.LATER:
            self._wait_for_it(record, tasks)
            return
        arrival = self._read(record)
        if arrival is None:
            self._sources.spool.kept(record.number)
            return
        self._queue(arrival, tasks)

    def _wait_for_it(self, record: Record, tasks: asyncio.TaskGroup) -> None:
        head, _ = inbound.undecryptable_heading(record.data)
        if head.key in self._again or self._sources.spool.has(head.key):
            self._sources.spool.kept(record.number)
            return
        self._again[head.key] = record
        tasks.create_task(self._tell_later(record, head.key, tasks), name="undecryptable")

    async def _tell_later(self, record: Record, key: bytes, tasks: asyncio.TaskGroup) -> None:
        await asyncio.sleep(AGAIN)
        del self._again[key]
        if self._sources.spool.has(key):
            self._sources.spool.kept(record.number)
        else:
            me = self._sources.condition.me
            self._queue(inbound.from_undecryptable(record.number, record.data, me), tasks)

    def _queue(self, arrival: Arrival, tasks: asyncio.TaskGroup) -> None:
        incoming = self._sources.files.offer(arrival)
        self._told.add(incoming.number)
        chat = incoming.chat
        if chat in self._chats:
            self._chats[chat].append(incoming)
            return
        known = self._sources.groups.at_once(chat) if incoming.chat_is_group else NOTHING
        if known is not None:
            self._say(_with(known, incoming))
            return
        self._chats[chat] = deque([incoming])
        tasks.create_task(self._tell_chat(chat), name="chat")

    async def _tell_chat(self, chat: str) -> None:
        queue = self._chats[chat]
        while queue:
            connected = await self._is_connected(queue[0])
            facts = await self._sources.groups.facts(chat, connected=connected)
            self._say(_with(facts, queue.popleft()))
        del self._chats[chat]

    async def _is_connected(self, incoming: Incoming) -> bool:
        """Whether the server can be asked, which is waited for where a message may be gone by another's word."""
        ends = self._sources.clock.monotonic() + (_CONNECTS if incoming.kind == "deleted" else 0)
        while self._sources.condition.state != "connected":
            if self._sources.clock.monotonic() >= ends:
                return False
            await asyncio.sleep(0.1)  # another thread writes what is looked at
        return True

    def _read(self, record: Record) -> Arrival | None:
        me = self._sources.condition.me
        match record.kind:
            case Kind.MESSAGE:
                return inbound.from_message(record.number, record.data, me)
            case Kind.HISTORY:
                return inbound.from_history(record.number, record.data, me)
            case Kind.LOST:
                return inbound.from_lost(record.number, record.data, self._sources.clock.now())
            case _:
                return None


def _with(group: Facts, incoming: Incoming) -> Incoming:
    by_admin = incoming.kind == "deleted" and not group.admins.isdisjoint((incoming.sender.lid, incoming.sender.phone))
    return incoming.model_copy(update={"chat_name": group.name or incoming.chat_name, "by_admin": by_admin})

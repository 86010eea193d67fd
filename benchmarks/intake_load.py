"""The program that :mod:`benchmarks.intake` measures: ``intake_load ours|marked|bare DATABASE MESSAGES PRODUCERS``.

``marked`` writes ``s N`` before message N is handed in and ``a N`` when it was acknowledged, for a trace to see.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nanoclaw.events.broadcast import Broadcast
from nanoclaw.intake.admit import Desks, Intake
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, Sender
from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.store.connection import open_connection
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups, NewGroup
from nanoclaw.store.inbox import Inbox
from nanoclaw.store.people import People

_CHAT = ChatAddress(channel=ChannelName("local"), chat="busy")
_TEXT = "an ordinary message of some eighty characters that mentions nobody in particular, today"


async def _ours(path: Path, messages: int, producers: int, mark: Callable[[str, int], None]) -> float:
    database = await Database.open(path)
    clock = SystemClock()
    group = NewGroup(
        folder=GroupFolder("busy"), name="Busy", trigger="@Andy", requires_trigger=True, is_main=False, address=_CHAT
    )
    await Groups(database, clock).add(group)
    me = Person(channel=ChannelName("local"), sender="u", role=Role.MEMBER, folder=None)
    await People(database, clock).add(me)
    intake = Intake(Inbox(database, clock), Broadcast(), _desks())
    numbers = iter(range(messages))

    async def produce() -> None:
        for number in numbers:
            mark("s", number)
            await intake.accept(_message(number))
            mark("a", number)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(producers):
            tasks.create_task(produce(), name=f"producer-{number}")
    seconds = time.perf_counter() - began
    await database.close()
    return seconds


def _bare(path: Path, messages: int, together: int) -> float:
    connection = open_connection(path)
    connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, external_id TEXT UNIQUE, text TEXT) STRICT")
    began = time.perf_counter()
    for first in range(0, messages, together):
        with connection:
            for number in range(first, min(first + together, messages)):
                connection.execute("INSERT INTO messages (external_id, text) VALUES (?, ?)", (f"m{number}", _TEXT))
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


def _message(number: int) -> InboundMessage:
    return InboundMessage(
        address=_CHAT,
        external_id=f"m{number}",
        sender=Sender(id=f"person-{number % 50}", name="A Person"),
        text=_TEXT,
        sent_at=Milliseconds(1_700_000_000_000 + number),
    )


def _desks() -> Desks:
    def wake(_group: object) -> None:
        raise RuntimeError("these messages wake nobody")

    async def never(*_: object) -> Any:
        raise RuntimeError("these messages are nothing but messages")

    return Desks(wake=wake, command=never, stranger=never, answered=lambda: None, keep=never, discard=never)


def _no_mark(_kind: str, _number: int) -> None:
    return


def _main(kind: str, path: Path, messages: int, producers: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)

    def mark(sort: str, number: int) -> None:
        os.write(nowhere, f"{sort} {number}\n".encode())

    if kind == "bare":
        seconds = _bare(path, messages, producers)
    else:
        seconds = asyncio.run(_ours(path, messages, producers, mark if kind == "marked" else _no_mark))
    print(json.dumps({"a_second": messages / seconds}))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

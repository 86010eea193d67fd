"""An open database in a temporary folder, with one registered group."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, Sender
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import MAIN_FOLDER, Group
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups, NewGroup
from nanoclaw.store.inbox import Inbox
from nanoclaw.store.outbox import Outbox
from nanoclaw.store.turns import Turns

HERE = ChatAddress(channel=ChannelName("local"), chat="main")


class HeldClock:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.value = 1_000_000

    def now(self) -> Milliseconds:
        return Milliseconds(self.value)

    def monotonic(self) -> float:
        return self.value / 1000


@dataclass
class Store:
    """Everything of the store on one database."""

    database: Database
    clock: HeldClock
    groups: Groups
    inbox: Inbox
    turns: Turns
    outbox: Outbox
    sent: list[str] = field(default_factory=list)

    async def receive(self, text: str, *, id: str | None = None, address: ChatAddress = HERE, wakes: bool = True):  # noqa: A002, ANN201
        """Take in a message of this text."""
        self.clock.value += 1
        self.sent.append(text)
        message = InboundMessage(
            address=address,
            external_id=id or f"m{len(self.sent)}",
            sender=Sender(id="u1", name="Ann"),
            text=text,
            sent_at=self.clock.now(),
        )
        return await self.inbox.add(message, lambda _group, _message: wakes)


async def open_store(path: Path) -> Store:
    """A store on this file."""
    clock = HeldClock()
    database = await Database.open(path)
    return Store(
        database=database,
        clock=clock,
        groups=Groups(database, clock),
        inbox=Inbox(database, clock),
        turns=Turns(database, clock, catch_up=5),
        outbox=Outbox(database, clock),
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with the group ``main`` on the local chat ``main``."""
    opened = await open_store(tmp_path / "messages.db")
    await opened.groups.add(
        NewGroup(folder=MAIN_FOLDER, name="Main", trigger="@Andy", requires_trigger=False, is_main=True, address=HERE)
    )
    yield opened
    await opened.database.close()


@pytest.fixture
async def main(store: Store) -> Group:
    """The registered main group."""
    found = await store.groups.find("main")
    assert found
    return found

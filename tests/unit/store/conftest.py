"""An open database in a temporary folder, with one registered group."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, Sender
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import MAIN_FOLDER, Group, GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.model.turns import Turn
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups, NewGroup
from nanoclaw.store.history import History
from nanoclaw.store.inbox import Admission, Inbox, Judge, Stored, Verdict
from nanoclaw.store.outbox import Outbox
from nanoclaw.store.outcomes import Outcomes
from nanoclaw.store.people import People
from nanoclaw.store.questions import Questions
from nanoclaw.store.runs import Runs
from nanoclaw.store.turns import Turns
from tests.fakes.clocks import HeldClock

OWNER = Person(channel=ChannelName("local"), sender="u1", role=Role.OWNER, folder=None)
HERE = ChatAddress(channel=ChannelName("local"), chat="main")


def verdict(admission: Admission) -> Judge:
    """A judge who always says the same."""
    return lambda _: Verdict(admission=admission)


WAKING, STORING = verdict(Admission.WAKE), verdict(Admission.STORE)


@dataclass
class Store:
    """Everything of the store on one database."""

    database: Database
    clock: HeldClock
    groups: Groups
    inbox: Inbox
    turns: Turns
    outbox: Outbox
    history: History
    people: People
    questions: Questions
    runs: Runs
    outcomes: Outcomes
    sent: list[str] = field(default_factory=list)

    async def receive(
        self, text: str, *, external_id: str | None = None, address: ChatAddress = HERE, wakes: bool = True
    ) -> Stored:
        """Take in a message of this text."""
        self.clock.value += 1
        self.sent.append(text)
        return await self.inbox.add(
            message(text, external_id or f"m{len(self.sent)}", address), WAKING if wakes else STORING
        )

    async def claim(self, group: Group) -> Turn:
        """The group's next turn, which there must be."""
        turn = await self.turns.claim(group.id)
        assert turn is not None
        return turn

    async def add_group(self, folder: str, *, requires_trigger: bool = True) -> Group:
        """Register a group on the local chat of its name."""
        return await self.groups.add(new_group(folder, requires_trigger=requires_trigger))


async def owner_chats() -> tuple[ChatAddress, ...]:
    """The owner is told things in the chat ``main``."""
    return (HERE,)


def address(chat: str, channel: str = "local") -> ChatAddress:
    return ChatAddress(channel=ChannelName(channel), chat=chat)


def message(text: str, external_id: str = "m", where: ChatAddress = HERE) -> InboundMessage:
    return InboundMessage(
        address=where,
        external_id=external_id,
        sender=Sender(id="u1", name="Ann"),
        text=text,
        sent_at=Milliseconds(1_000_000),
    )


def new_group(
    folder: str, *, chat: ChatAddress | None = None, is_main: bool = False, requires_trigger: bool = True
) -> NewGroup:
    return NewGroup(
        folder=GroupFolder(folder),
        name=folder.title(),
        trigger="@Andy",
        requires_trigger=requires_trigger and not is_main,
        is_main=is_main,
        address=chat or address(folder),
    )


async def open_store(path: Path, clock: Clock | None = None, *, catch_up: int = 5) -> Store:
    """A store on this file. ``clock`` is the one its parts go by, if not the held one."""
    held = HeldClock(1_000_000)
    going = clock or held
    database = await Database.open(path)
    return Store(
        database=database,
        clock=held,
        groups=Groups(database, going),
        inbox=Inbox(database, going),
        turns=Turns(database, going, catch_up=catch_up),
        outbox=Outbox(database, going),
        history=History(database, assistant="Andy"),
        people=People(database, going),
        questions=Questions(database, going),
        runs=Runs(database, going),
        outcomes=Outcomes(database),
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with the group ``main`` on the local chat ``main``."""
    opened = await open_store(tmp_path / "messages.db")
    await opened.groups.add(new_group(MAIN_FOLDER, is_main=True))
    yield opened
    await opened.database.close()


@pytest.fixture
async def main(store: Store) -> Group:
    """The registered main group."""
    found = await store.groups.find("main")
    assert found
    return found

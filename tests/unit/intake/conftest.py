"""Arrivals to judge, and an intake with everything behind it on a real store."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nanoclaw.events.broadcast import Broadcast
from nanoclaw.intake.admit import Intake
from nanoclaw.intake.approvals import Approvals, Books, Powers
from nanoclaw.intake.asking import Asking
from nanoclaw.intake.commands import Commands, Levers
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.options import with_option
from nanoclaw.store.groups import GroupChange
from tests.fakes.intake_desks import Notes, desks
from tests.unit.intake.room import Room, open_room
from tests.unit.store.conftest import HERE, OWNER, Store, address, message, new_group, open_store

FAMILY_CHAT = address("family@g.us", "whatsapp")


@dataclass
class Reception:
    """An intake with real commands and approvals; what they set in motion is noted."""

    store: Store
    notes: Notes = field(default_factory=Notes)
    woken: list[str] = field(default_factory=list)
    delivered: list[ChatAddress] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    levers: list[str] = field(default_factory=list)
    count: int = 0
    on_delivery: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        store = self.store
        asking = Asking(store.questions, store.outbox, self._deliver)
        books = Books(
            questions=store.questions, groups=store.groups, people=store.people, inbox=store.inbox, outbox=store.outbox
        )
        powers = Powers(
            wake=lambda group: self.woken.append(group.folder),
            grant_once=lambda folder, place: self.granted.append(f"once {folder} {place}"),
            grant_always=self._grant_always,
        )
        self.approvals = Approvals(books, asking, powers, store.clock, hours=24)
        commands = Commands(self._levers(), store.outbox, self._deliver)
        noted = desks(lambda group: self.woken.append(group.folder), self.notes)
        own = replace(noted, command=commands.obey, stranger=self.approvals.ask_sender)
        self.intake = Intake(store.inbox, Broadcast(), own)

    def _deliver(self, address: ChatAddress) -> None:
        self.delivered.append(address)
        self.on_delivery()

    async def _grant_always(self, folder: GroupFolder, place: str) -> None:
        self.granted.append(f"always {folder} {place}")

    def _levers(self) -> Levers:
        async def forget(group: Group, _here: ChatAddress) -> None:
            self.levers.append(f"forget {group.folder}")

        async def compact(group: Group, _here: ChatAddress) -> bool:
            self.levers.append(f"compact {group.folder}")
            return len(self.levers) == 1

        async def stop(group: Group) -> bool:
            self.levers.append(f"stop {group.folder}")
            return len(self.levers) == 1

        async def status(group: Group) -> str:
            return f"all is well in {group.folder}"

        return Levers(forget=forget, compact=compact, stop=stop, status=status)

    async def say(self, text: str, *, sender: str = "u1", where: ChatAddress = HERE, **more: object) -> None:
        """A message of a person arrives."""
        self.count += 1
        self.store.clock.value += 1
        said = message(text, f"m{self.count}", where)
        who = replace(said.sender, id=sender)
        await self.intake.accept(replace(said, sender=who, **more))  # type: ignore[arg-type]

    async def heard(self, where: ChatAddress = HERE) -> list[str]:
        """What is sent to a chat since the last look."""
        texts = []
        while (reply := await self.store.outbox.take(where)) is not None:
            texts.append(reply.text)
            await self.store.outbox.sent(reply.id, f"n{reply.id}")
        return texts

    async def set(self, folder: str, name: str, text: str) -> Group:
        """Change an option of a group."""
        group = await self.store.groups.find(folder)
        assert group is not None
        change = GroupChange(options=with_option(group.options, name, text))
        changed = await self.store.groups.change(group.folder, change)
        assert changed is not None
        return changed


@pytest.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    """Main on the local chat, the family on a network; ``u1`` on the local channel is the owner."""
    store = await open_store(tmp_path / "messages.db")
    await store.groups.add(new_group("main", is_main=True))
    await store.groups.add(new_group("family", chat=FAMILY_CHAT))
    await store.people.add(OWNER)
    yield Reception(store)
    await store.database.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """A group of two with a trigger, and the main group."""
    made = await open_room(tmp_path / "messages.db")
    yield made
    await made.store.database.close()

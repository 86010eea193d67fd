"""A group of two on a real store, who write, edit, take back and react, and an agent that answers."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nanoclaw.agents.prompt import write_turn
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChangeKind, ChatAddress, InboundChange, Sender
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.questions import NewQuestion, QuestionPurpose
from nanoclaw.model.turns import NewOutgoing, Turn, TurnState
from nanoclaw.store.history import HistoryFilter
from nanoclaw.store.turns import Finish
from tests.fakes.intake_desks import Notes, desks
from tests.unit.store.conftest import OWNER, Store, address, message, new_group, open_store

ANN, BEN, STRANGER = Sender(id="u1", name="Ann"), Sender(id="u2", name="Ben"), Sender(id="u9", name="Mallory")
FAMILY = address("family")
MAIN = address("main")


@dataclass
class Room:
    """A group of two with a trigger, and the main group."""

    store: Store
    intake: Intake
    notes: Notes
    woken: list[str]
    family: Group
    main: Group
    count: int = 0
    said: list[str] = field(default_factory=list)

    async def say(self, text: str, name: str, who: Sender = ANN, where: ChatAddress = FAMILY) -> None:
        await self.intake.accept(replace(message(text, name, where), sender=who))

    async def change(self, kind: ChangeKind, target: str, text: str = "", who: Sender = ANN, **rest: Any) -> None:
        self.count += 1
        values = {
            "address": FAMILY,
            "external_id": f"c{self.count}",
            "kind": kind,
            "target": target,
            "sender": who,
            "text": text,
            "at": Milliseconds(2_000_000 + self.count),
        }
        await self.intake.change(InboundChange(**{**values, **rest}))

    async def edit(self, target: str, text: str, who: Sender = ANN, **rest: Any) -> None:
        await self.change(ChangeKind.EDITED, target, text, who, **rest)

    async def delete(self, target: str, who: Sender = ANN, **rest: Any) -> None:
        await self.change(ChangeKind.DELETED, target, "", who, **rest)

    async def react(self, target: str, emoji: str, who: Sender = ANN, **rest: Any) -> None:
        await self.change(ChangeKind.REACTED, target, emoji, who, **rest)

    async def claim(self, group: Group | None = None) -> Turn | None:
        return await self.store.turns.claim((group or self.family).id)

    async def prompt(self, group: Group | None = None) -> list[str]:
        """The lines that the agent is given, whose turn goes on."""
        turn = await self.claim(group)
        assert turn is not None
        self.running = turn
        return write_turn(turn, ZoneInfo("UTC")).splitlines()[2:-1]

    async def answer(self, text: str = "Done.") -> None:
        await self.store.turns.finish(Finish(turns=(self.running.id,), state=TurnState.ANSWERED, messages=(text,)))
        where = self.running.address
        while (reply := await self.store.outbox.take(where)) is not None:
            await self.store.outbox.sent(reply.id, f"sent-{reply.id}")
            self.said.append(f"sent-{reply.id}")

    async def ask(self) -> None:
        """A question of the agent's, whether it shall, is sent as ``their-name``."""
        question = await self.store.questions.ask(
            NewQuestion(
                key="q",
                purpose=QuestionPurpose.AGENT,
                group=GroupFolder("family"),
                address=FAMILY,
                text="Shall I?",
                options=("yes", "no"),
                subject="",
                expires_at=Milliseconds(9_000_000),
            )
        )
        await self.store.outbox.queue(
            NewOutgoing(address=FAMILY, client_id="question-1", text="Shall I?", question=question.id)
        )
        reply = await self.store.outbox.take(FAMILY)
        assert reply is not None
        await self.store.outbox.sent(reply.id, "their-name")

    async def history(self) -> list[tuple[str, str]]:
        lines = await self.store.history.newest(HistoryFilter(limit=50, address=FAMILY))
        return [(line.text, line.state) for line in lines if line.direction == "in"]

    async def everywhere(self) -> str:
        """Every text that the tables hold."""
        tables = ("messages", "outbox", "questions", "dropped", "changes")
        found = await self.store.database.read(
            lambda connection: [connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608
        )
        return str(found)

    async def dropped(self) -> list[tuple[str, str]]:
        return [(one.name, one.reason) for one in await self.store.people.dropped(10)]


async def open_room(path: Path) -> Room:
    """The room, with nothing said in it."""
    store = await open_store(path)
    main = await store.groups.add(new_group("main", is_main=True))
    family = await store.add_group("family")
    await store.people.add(OWNER)
    await store.people.add(replace(OWNER, sender="u2"))
    woken: list[str] = []
    notes = Notes()
    intake = Intake(store.inbox, Broadcast(), desks(lambda group: woken.append(group.folder), notes))
    return Room(store=store, intake=intake, notes=notes, woken=woken, family=family, main=main)

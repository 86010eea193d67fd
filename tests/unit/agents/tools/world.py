"""A desk whose collaborators keep everything in memory, and two groups that call its tools."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nanoclaw.agents.tools.contract import Caller, InvalidTaskError, NoSuchTaskError, TaskBook, TaskChange
from nanoclaw.agents.tools.desk import Desk, GroupBook, Incoming, Outgoing, Registration, Search
from nanoclaw.agents.tools.server import TOOLS, ToolCalls
from nanoclaw.model.chats import ChannelName, ChatAddress, MessageId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import MAIN_FOLDER, Group, GroupFolder, GroupId
from nanoclaw.model.questions import NewQuestion, Question, QuestionId, QuestionState
from nanoclaw.model.tasks import NewTask, RunId, RunState, Task, TaskId, TaskRun, TaskState
from nanoclaw.model.turns import NewOutgoing, OutgoingFile, ReplyId, ReplyKind, TurnId
from nanoclaw.store.groups import KnownChat
from nanoclaw.store.history import HistoryLine
from tests.fakes.clocks import HeldClock

NOON = Milliseconds(int(datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp() * 1000))
ZONE = ZoneInfo("Europe/Zurich")
TEXT_LIMIT = 100


def group(number: int, folder: str, *, is_main: bool = False) -> Group:
    """A registered group."""
    return Group(
        id=GroupId(number),
        folder=MAIN_FOLDER if is_main else GroupFolder(folder),
        name=folder.title(),
        trigger="@Andy",
        requires_trigger=not is_main,
        is_main=is_main,
    )


def address(chat: str) -> ChatAddress:
    """A chat on the local channel."""
    return ChatAddress(channel=ChannelName("local"), chat=chat)


MAIN, FAMILY = group(1, "main", is_main=True), group(2, "family")


@dataclass
class Box:
    """Inbox and outbox: the chats' owners, and what was queued."""

    owners: dict[ChatAddress, GroupFolder]
    queued: list[NewOutgoing] = field(default_factory=list)
    received: dict[int, ChatAddress] = field(default_factory=dict)
    delivered: list[ChatAddress] = field(default_factory=list)

    async def queue(self, new: NewOutgoing) -> ReplyId | None:
        if new.address not in self.owners:
            return None
        for number, known in enumerate(self.queued, 1):
            if known.client_id == new.client_id:
                return ReplyId(number)
        self.queued.append(new)
        return ReplyId(len(self.queued))

    async def place_of(self, group: GroupFolder, reply: int) -> ChatAddress | None:
        if not 0 < reply <= len(self.queued) or self.queued[reply - 1].kind is not ReplyKind.TEXT:
            return None
        place = self.queued[reply - 1].address
        return place if self.owners[place] == group else None

    async def newest(self, address: ChatAddress) -> ReplyId | None:
        found = [number for number, new in enumerate(self.queued, 1) if new.address == address]
        return ReplyId(found[-1]) if found else None


@dataclass
class Arrivals:
    """The inbox's side of the box."""

    box: Box

    async def newest(self, address: ChatAddress) -> MessageId | None:
        found = [number for number, place in self.box.received.items() if place == address]
        return MessageId(max(found)) if found else None

    async def address_of(self, group: GroupFolder, message: int) -> ChatAddress | None:
        place = self.box.received.get(message)
        return place if place is not None and self.box.owners[place] == group else None


@dataclass
class Lines:
    """Finds what was put in, if the query is in it and the group is the line's."""

    lines: list[HistoryLine] = field(default_factory=list)

    async def search(self, group: Group, query: str, *, limit: int) -> tuple[HistoryLine, ...]:
        found = [line for line in self.lines if query in line.text and line.folder == group.folder]
        return tuple(found[:limit])


@dataclass
class Registry:
    """Groups and chats."""

    groups: list[Group]
    known: list[KnownChat]

    async def all(self) -> tuple[Group, ...]:
        return tuple(self.groups)

    async def chats(self) -> tuple[KnownChat, ...]:
        return tuple(self.known)

    async def chat_of(self, folder: GroupFolder) -> ChatAddress | None:
        return next((chat.address for chat in self.known if chat.folder == folder), None)

    async def register(self, new: Registration) -> Group:
        if any(one.folder == new.folder for one in self.groups):
            raise NanoclawError("The folder is taken", hint="Choose another.")
        made = replace(group(9, new.folder), name=new.name, trigger=new.trigger or "@Andy")
        self.groups.append(made)
        self.known = [replace(one, folder=new.folder) if one.address == new.address else one for one in self.known]
        return made

    async def unregister(self, folder: GroupFolder) -> bool:
        self.groups = [one for one in self.groups if one.folder != folder]
        return True


@dataclass
class Book:
    """Tasks that never run."""

    tasks: dict[int, Task] = field(default_factory=dict)
    history: tuple[TaskRun, ...] = ()

    async def add(self, new: NewTask) -> Task:
        if new.schedule.value == "never":
            raise InvalidTaskError("'never' is not a schedule", hint="Use five fields.")
        parts = {name: getattr(new, name) for name in NewTask.__slots__}
        at = Milliseconds(NOON + 3_600_000)
        task = Task(id=TaskId(len(self.tasks) + 1), state=TaskState.ACTIVE, created_at=NOON, next_at=at, **parts)
        self.tasks[task.id] = task
        return task

    async def all(self, group: GroupFolder | None = None) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks.values() if group in {None, task.group})

    async def get(self, task: TaskId) -> Task:
        if task not in self.tasks:
            raise NoSuchTaskError("There is no such task")
        return self.tasks[task]

    async def runs(self, task: TaskId, limit: int = 20) -> tuple[TaskRun, ...]:  # noqa: ARG002 - of a Protocol
        return self.history[:limit]

    async def update(self, task: TaskId, change: TaskChange) -> Task:
        given = {name: getattr(change, name) for name in TaskChange.__slots__ if getattr(change, name) is not None}
        return self._put(replace(self.tasks[task], **given))

    async def pause(self, task: TaskId) -> Task:
        return self._put(replace(self.tasks[task], state=TaskState.PAUSED, next_at=None))

    async def resume(self, task: TaskId) -> Task:
        return self._put(replace(self.tasks[task], state=TaskState.ACTIVE, next_at=NOON))

    async def cancel(self, task: TaskId) -> Task:
        return self._put(replace(self.tasks[task], state=TaskState.CANCELLED, next_at=None))

    async def run_now(self, task: TaskId) -> TaskRun:
        return TaskRun(id=RunId(1), task=task, scheduled_at=NOON, state=RunState.DUE, by_hand=True)

    def upcoming(self, task: Task, count: int) -> Sequence[datetime]:  # noqa: ARG002 - of a Protocol
        start = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
        return [start + timedelta(days=number) for number in range(count)]

    def _put(self, task: Task) -> Task:
        self.tasks[task.id] = task
        return task


@dataclass
class World:
    """The collaborators, the desk they make, and agents of two groups."""

    box: Box
    lines: Lines
    registry: Registry
    book: Book
    asked: dict[str, Question] = field(default_factory=dict)
    refusals: list[tuple[str, str, str]] = field(default_factory=list)
    file_size: int = 12

    def desk(self) -> Desk:
        """The desk. Assigning to Protocols lets mypy hold the stand-ins to them."""
        incoming: Incoming = Arrivals(self.box)
        outgoing: Outgoing = self.box
        history: Search = self.lines
        tasks: TaskBook = self.book
        groups: GroupBook = self.registry
        clock: Clock = HeldClock(NOON)
        return Desk(
            clock=clock,
            zone=ZONE,
            question_hours=24,
            incoming=incoming,
            outgoing=outgoing,
            deliver=self.box.delivered.append,
            split=_split,
            copy_out=self.copy_out,
            ask=self.ask,
            history=history,
            tasks=tasks,
            groups=groups,
            register=self.registry.register,
            unregister=self.registry.unregister,
            audit=lambda group, tool, reason: self.refusals.append((group.folder, tool, reason)),
        )

    async def copy_out(self, group: Group, path: str) -> OutgoingFile:  # noqa: ARG002 - of a Protocol
        if ".." in path:
            raise NanoclawError("The path leaves the group's folder", hint="Give a path below it.")
        name = path.rpartition("/")[2]
        return OutgoingFile(name=name, media_type="text/plain", path=f"/copies/{name}", size=self.file_size)

    async def ask(self, new: NewQuestion, turn: TurnId | None) -> Question:  # noqa: ARG002 - of a Protocol
        if new.key not in self.asked:
            given = {name: getattr(new, name) for name in NewQuestion.__slots__ if name != "key"}
            identity = QuestionId(len(self.asked) + 1)
            self.asked[new.key] = Question(id=identity, state=QuestionState.OPEN, **given)
        return self.asked[new.key]


@dataclass
class Agent:
    """One agent's connection: calls tools as the SDK does. A restarted agent is a new one."""

    world: World
    caller: Caller
    calls: ToolCalls = field(init=False)

    def __post_init__(self) -> None:
        self.calls = ToolCalls(self.world.desk(), lambda: self.caller, seconds=5)

    async def call(self, tool: str, **arguments: Any) -> str:
        """A call that must succeed."""
        text, refused = await self._take(tool, arguments)
        assert not refused, text
        return text

    async def refused(self, tool: str, **arguments: Any) -> str:
        """A call that must be refused; why."""
        text, refused = await self._take(tool, arguments)
        assert refused, text
        return text

    async def _take(self, tool: str, arguments: dict[str, Any]) -> tuple[str, bool]:
        offered = next(one for one in TOOLS if one.name == tool)
        result = await self.calls.take(offered, arguments)
        (block,) = result["content"]
        return block["text"], result["is_error"]


def make_world() -> World:
    """Two groups with a chat each, and a chat that nobody registered."""
    known = [
        KnownChat(address=address("main"), name="Me", last_activity=NOON, folder=MAIN.folder),
        KnownChat(address=address("family"), name="Family", last_activity=NOON, folder=FAMILY.folder),
        KnownChat(address=address("club"), name='Club "<x>"\n</chat>', last_activity=NOON, folder=None),
    ]
    box = Box(owners={address("main"): MAIN.folder, address("family"): FAMILY.folder})
    box.received = {1: address("main"), 2: address("family")}
    return World(box=box, lines=Lines(), registry=Registry([MAIN, FAMILY], known), book=Book())


def agent_of(world: World, group: Group, *, turn: int | None = 7, attempt: int = 0) -> Agent:
    """An agent of a group, in the midst of a turn or of nobody's."""
    here = None if turn is None else address(group.folder)
    return Agent(world, Caller(group=group, turn=None if turn is None else TurnId(turn), address=here, attempt=attempt))


def _split(_: ChatAddress, text: str) -> tuple[str, ...]:
    return tuple(text[start : start + TEXT_LIMIT] for start in range(0, len(text), TEXT_LIMIT))

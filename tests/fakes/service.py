"""The control API's service in memory: a scripted assistant that repeats what it was told."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nanoclaw.agents.tools.contract import InvalidTaskError, NoSuchTaskError
from nanoclaw.control.service import ConflictError, NoSuchGroupError, StoppingError
from nanoclaw.control.shapes import (
    AddGroupRequest,
    AgentShape,
    ChangeChatsRequest,
    ChangeGroupRequest,
    ChannelShape,
    ChatShape,
    ChatVerb,
    Done,
    ErrorShape,
    GroupList,
    GroupShape,
    LiveEvent,
    MessageLine,
    MessageList,
    MessageQuery,
    Outcome,
    QueueShape,
    ReplyShape,
    SandboxShape,
    SendRequest,
    SendResult,
    Status,
    Timings,
)
from nanoclaw.control.task_shapes import AddTaskRequest, RunList, RunShape, TaskList, TaskShape, UpdateTaskRequest
from nanoclaw.control.usage_shapes import UsageLine, UsageList, UsageQuery
from nanoclaw.model.groups import parse_folder
from nanoclaw.model.options import NO_OPTIONS, options_as_text, with_option
from nanoclaw.store.usage import By
from tests.fakes.channel_desk import FakeChannels
from tests.fakes.insight import FakeInsight
from tests.fakes.pairing import FakePairing
from tests.fakes.people import FakePeople
from tests.fakes.trials import FakeTrials

AT = "2026-11-22T10:00:00.000Z"


@dataclass(slots=True, kw_only=True)
class _Turn:
    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Outcome = Outcome.ANSWERED


class FakeTasks:
    """Tasks, in memory; number 1 is there from the start."""

    def __init__(self) -> None:
        self.known = {1: _task(1, "main", "Water the plants")}

    def _find(self, task: int) -> TaskShape:
        if task not in self.known:
            raise NoSuchTaskError("There is no such task", hint="`nanoclaw tasks list` shows them.")
        return self.known[task]

    def _set(self, task: int, **changes: object) -> TaskShape:
        self.known[task] = self._find(task).model_copy(update=changes)
        return self.known[task]

    async def all(self, group: str | None, limit: int) -> TaskList:
        found = [task for task in self.known.values() if group in {None, task.group}]
        return TaskList(tasks=found[:limit], more=len(found[limit:]))

    async def get(self, task: int) -> TaskShape:
        return self._find(task)

    async def add(self, request: AddTaskRequest) -> TaskShape:
        if request.schedule_value == "nonsense":
            raise InvalidTaskError("That is not a schedule", hint="Write another.")
        number = len(self.known) + 1
        return self.known.setdefault(number, _task(number, request.group, request.prompt))

    async def update(self, task: int, request: UpdateTaskRequest) -> TaskShape:
        return self._set(task, **request.model_dump(mode="json", exclude_none=True))

    async def pause(self, task: int) -> TaskShape:
        return self._set(task, state="paused", next=())

    async def resume(self, task: int) -> TaskShape:
        return self._set(task, state="active")

    async def cancel(self, task: int) -> TaskShape:
        return self._set(task, state="cancelled", next=())

    async def run_now(self, task: int) -> RunShape:
        return RunShape(id=1, task=self._find(task).id, scheduled_at=AT, state="due", by_hand=True)

    async def runs(self, task: int, limit: int) -> RunList:
        run = RunShape(
            id=1, task=self._find(task).id, scheduled_at=AT, state="failed", late_seconds=75, error="it was interrupted"
        )
        return RunList(runs=[run][:limit])


def _task(number: int, group: str, prompt: str) -> TaskShape:
    return TaskShape(
        id=number,
        group=group,
        channel="local",
        chat=group,
        name="",
        prompt=prompt,
        schedule_type="cron",
        schedule_value="0 8 * * *",
        context_mode="group",
        missed="once",
        script="",
        state="active",
        created_at=AT,
        next=("2026-11-23T08:00:00+01:00",),
    )


class FakeUsage:
    """A day's usage."""

    async def sums(self, query: UsageQuery) -> UsageList:
        line = UsageLine(
            key="2026-11-22",
            calls=3,
            input_tokens=1200,
            output_tokens=340,
            cache_read_tokens=0,
            cache_write_tokens=0,
            cost_usd=0.0123,
            about="main, claude-sonnet-4-5" if query.by is By.TURN else "",
        )
        return UsageList(by=query.by, lines=[line], total=line.model_copy(update={"key": "total", "about": ""}))


class FakeService:
    """Answers ``You said: TEXT``.

    A text that begins with ``slow`` is worked on until somebody interrupts it, ``fail`` fails, ``tool`` uses a tool
    first, ``crash`` raises what nobody expected, and in a group that needs its trigger a text without it wakes nobody.
    """

    def __init__(self, *, home: str = "/home/someone/.nanoclaw", endless: bool = True) -> None:
        self.people = FakePeople()
        self.tasks = FakeTasks()
        self.usage = FakeUsage()
        self.trials = FakeTrials()
        self.insight = FakeInsight()
        self.pairing = FakePairing()
        self.channels = FakeChannels()
        self.states = [ChannelShape(name="web", status="up", detail="127.0.0.1:8080", link="http://127.0.0.1:8080/")]
        self.running = True
        self.model_key = "ANTHROPIC_API_KEY in .env"
        self.sent: list[SendRequest] = []
        self.expected: list[str] = []
        self.stop_asked = asyncio.Event()
        self.stopping = False
        self._home = home
        self._endless = endless
        self._groups = {"main": _group("main", "Main", is_main=True)}
        self._lines: list[MessageLine] = []
        self._watchers: dict[str, set[asyncio.Queue[LiveEvent]]] = defaultdict(set)
        self._turns: dict[str, _Turn] = {}
        self._next = 1

    async def status(self) -> Status:
        return Status(
            running=self.running,
            version="0.1.0",
            home=self._home,
            pid=99_999_999 if self.running else None,
            started_at=AT if self.running else None,
            model_key=self.model_key,
            sandbox=SandboxShape(kind="bubblewrap", usable=True, ready=True, version="0.11", notes=["no memory limit"]),
            channels=self.states,
            agents=[AgentShape(group="main", state="idle", since=AT)] if self.running else [],
            queue=QueueShape(waiting_turns=0, running_turns=0, undelivered_replies=0, agents_at_once=5),
            groups=list(self._groups),
            last_errors=[ErrorShape(at=AT, what="the \x1b[31mmodel\x1b[0m was busy", hint="wait")],
        )

    async def send(self, request: SendRequest) -> SendResult:
        if self.stopping:
            raise StoppingError("The daemon is shutting down", hint="Send it again once it is back.")
        group = self._find(request.group)
        if request.text.startswith("crash"):
            raise ZeroDivisionError(request.text)
        self.sent.append(request)
        number = self._next
        self._next += 1
        sender = request.sender or "owner"
        self._record(f"in-{number}", "in", request.group, sender, request.text)
        self._publish(request.group, LiveEvent(kind="message", message_id=number, text=request.text, sender=sender))
        if group.requires_trigger and group.trigger.lower() not in request.text.lower():
            return SendResult(outcome=Outcome.NOT_TRIGGERED, message_id=number)
        return await self._answer(request, number)

    async def groups(self) -> GroupList:
        stranger = ChatShape(channel="web", chat="stranger", name="\u202eStranger", last_activity=AT)
        return GroupList(groups=list(self._groups.values()), unregistered=[stranger])

    async def group(self, folder: str) -> GroupShape:
        return self._find(folder)

    async def add_group(self, request: AddGroupRequest) -> GroupShape:
        folder = parse_folder(request.folder)
        if folder in self._groups:
            raise ConflictError(f"The folder {folder} is taken", hint="Choose another folder name.")
        chat = ChatShape(channel=request.channel, chat=request.chat or folder, name=request.name)
        self._groups[folder] = GroupShape(
            folder=folder,
            name=request.name,
            trigger=request.trigger or "@Andy",
            requires_trigger=request.requires_trigger,
            is_main=request.is_main,
            chats=[chat],
        )
        return self._groups[folder]

    async def remove_group(self, folder: str) -> Done:
        if self._find(folder).is_main:
            raise ConflictError("The main group cannot be removed", hint="Remove another one.")
        del self._groups[folder]
        return Done()

    async def change_group(self, folder: str, request: ChangeGroupRequest) -> GroupShape:
        options = NO_OPTIONS
        for name, text in request.changes.items():
            options = with_option(options, name, text)
        shape = self._find(folder).model_copy(update={"options": options_as_text(options)})
        self._groups[folder] = shape
        return shape

    async def change_chats(self, folder: str, request: ChangeChatsRequest) -> GroupShape:
        group = self._find(folder)
        others = [one for one in group.chats if (one.channel, one.chat) != (request.channel, request.chat)]
        if request.verb is not ChatVerb.ADD and len(others) == len(group.chats):
            raise ConflictError("That is no chat of the group", hint="Look at its chats.")
        mine = ChatShape(channel=request.channel, chat=request.chat, primary=request.verb is ChatVerb.PRIMARY)
        chats = others if request.verb is ChatVerb.REMOVE else [*others, mine]
        self._groups[folder] = group.model_copy(update={"chats": chats})
        return self._groups[folder]

    async def messages(self, query: MessageQuery) -> MessageList:
        lines = [
            line
            for line in self._lines
            if query.group in {None, line.group}
            and (query.since is None or line.time >= query.since)
            and (query.search or "") in line.text
        ]
        return MessageList(messages=lines[-query.limit :])

    @contextmanager
    def watch(self, folder: str) -> Iterator[AsyncIterator[LiveEvent]]:
        self._find(folder)
        queue: asyncio.Queue[LiveEvent] = asyncio.Queue()
        self._watchers[folder].add(queue)
        if not self._endless:
            queue.put_nowait(LiveEvent(kind="typing", state="on"))
        try:
            yield self._events(queue)
        finally:
            self._watchers[folder].discard(queue)

    async def expect(self, folder: str) -> Done:
        self._find(folder)
        self.expected.append(folder)
        return Done()

    async def interrupt(self, folder: str) -> Done:
        self._find(folder)
        turn = self._turns.pop(folder, None)
        if turn is None:
            return Done(changed=False)
        turn.outcome = Outcome.STOPPED
        turn.done.set()
        return Done()

    async def stop(self) -> Done:
        self.stop_asked.set()
        return Done()

    async def say(self, folder: str, sender: str, text: str) -> None:
        """Someone else writes, and gets an answer."""
        await self.send(SendRequest(group=folder, sender=sender, text=text))

    @property
    def watched(self) -> int:
        """How many watch any group."""
        return sum(len(queues) for queues in self._watchers.values())

    def add_line(self, line: MessageLine) -> None:
        """Put a line into the history."""
        self._lines.append(line)

    async def _answer(self, request: SendRequest, number: int) -> SendResult:
        folder = request.group
        turn = _Turn()
        self._turns[folder] = turn
        self._publish(folder, LiveEvent(kind="typing", state="on", turn_id=number))
        self._publish(folder, LiveEvent(kind="model_request", turn_id=number))
        if request.text.startswith("slow"):
            try:
                async with asyncio.timeout(request.wait_seconds):
                    await turn.done.wait()
            except TimeoutError:
                return SendResult(outcome=Outcome.TIMED_OUT, message_id=number, turn_id=number)
        if request.text.startswith("fail"):
            turn.outcome = Outcome.FAILED
        if request.text.startswith("tool"):
            self._publish(folder, LiveEvent(kind="tool", text="Bash", turn_id=number))
        self._turns.pop(folder, None)
        replies = self._reply(request, number) if turn.outcome is Outcome.ANSWERED else []
        self._publish(folder, LiveEvent(kind="turn", state=turn.outcome.value, turn_id=number))
        self._publish(folder, LiveEvent(kind="typing", state="off", turn_id=number))
        return SendResult(
            outcome=turn.outcome,
            message_id=number,
            turn_id=number,
            replies=replies,
            timings_ms=Timings(accepted=1.5, delivered=20.25),
            error="the model refused" if turn.outcome is Outcome.FAILED else None,
        )

    def _reply(self, request: SendRequest, number: int) -> list[ReplyShape]:
        text = f"You said: {request.text}"
        for piece in (text[:5], text[5:]):
            self._publish(request.group, LiveEvent(kind="text", text=piece, turn_id=number))
        self._publish(request.group, LiveEvent(kind="reply", text=text, turn_id=number))
        self._record(f"out-{number}", "out", request.group, "Andy", text)
        return [ReplyShape(id=number, text=text, state="sent")]

    async def _events(self, queue: asyncio.Queue[LiveEvent]) -> AsyncIterator[LiveEvent]:
        while self._endless or not queue.empty():
            yield await queue.get()

    def _publish(self, folder: str, event: LiveEvent) -> None:
        for queue in self._watchers[folder]:
            queue.put_nowait(event)

    def _record(self, line_id: str, direction: str, folder: str, sender: str, text: str) -> None:
        self._lines.append(
            MessageLine(
                id=line_id,
                time=AT,
                direction=direction,
                channel="local",
                chat=folder,
                group=folder,
                sender=sender,
                text=text,
                state="answered" if direction == "in" else "sent",
            )
        )

    def _find(self, folder: str) -> GroupShape:
        try:
            return self._groups[folder]
        except KeyError:
            raise NoSuchGroupError("There is no such group", hint="'nanoclaw groups list' names them.") from None


def _group(folder: str, name: str, *, is_main: bool) -> GroupShape:
    return GroupShape(
        folder=folder,
        name=name,
        trigger="@Andy",
        requires_trigger=not is_main,
        is_main=is_main,
        chats=[ChatShape(channel="local", chat=folder, name=name)],
    )

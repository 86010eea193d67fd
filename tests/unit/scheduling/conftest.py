"""A scheduler on a real database, with hands that remember what they were given."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.tasks import NewTask, RunId, Schedule, ScheduleKind, Task, TaskId, TaskRun
from nanoclaw.model.turns import TurnState
from nanoclaw.scheduling.book import Book
from nanoclaw.scheduling.contract import Hands, NeverHandedOver, RunOutcome, ScriptVerdict, StillGoing
from nanoclaw.scheduling.scheduler import Scheduler
from nanoclaw.store.database import Database
from nanoclaw.store.tasks import MIGRATIONS, Tasks
from tests.fakes.clocks import HeldClock

ZURICH = ZoneInfo("Europe/Zurich")
MINUTE, HOUR = 60_000, 3_600_000
FAMILY = GroupFolder("family")


class DiskFullError(NanoclawError):
    """As a store may fail."""


@dataclass
class Desk:
    """A scheduler, and everything that happened through it. ``tick`` does one step to its end."""

    database: Database
    path: Path
    clock: HeldClock
    tasks: Tasks
    submitted: list[tuple[RunId, str]] = field(default_factory=list)
    asked: list[RunId] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    told_of: list[TaskId] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    scripts: list[str] = field(default_factory=list)
    outcomes: dict[RunId, RunOutcome] = field(default_factory=dict)
    verdict: ScriptVerdict = field(default_factory=lambda: ScriptVerdict(wake=True))
    groups: set[str] = field(default_factory=lambda: {"family"})
    broken: bool = False
    """Handing over fails."""
    tries: int = 0

    def __post_init__(self) -> None:
        hands = Hands(
            submit=self._submit, outcome=self._outcome, run_script=self._run_script, tell_owner=self._tell_owner
        )
        self.scheduler = Scheduler(self.tasks, hands, self.clock, ZURICH)
        self.book = Book(self.tasks, self._find, self.clock, ZURICH, self.scheduler.look)

    async def _submit(self, run: TaskRun, task: Task, prompt: str) -> bool:
        self.tries += 1
        if self.broken:
            raise DiskFullError("There is no room")
        if task.group in self.groups and run.id not in {known for known, _ in self.submitted}:
            self.submitted.append((run.id, prompt))
        return task.group in self.groups

    async def _outcome(self, run: RunId) -> RunOutcome | StillGoing | NeverHandedOver:
        self.asked.append(run)
        if run not in {known for known, _ in self.submitted}:
            return NeverHandedOver()
        return self.outcomes.get(run, StillGoing())

    async def _run_script(self, task: Task) -> ScriptVerdict:
        self.scripts.append(task.script)
        return self.verdict

    async def _tell_owner(self, text: str, key: str, task: TaskId) -> None:
        if key not in self.keys:
            self.keys.add(key)
            self.told_of.append(task)
            self.told.append(text)

    async def _find(self, folder: GroupFolder) -> Group | None:
        if folder not in self.groups:
            return None
        return Group(id=GroupId(1), folder=folder, name=folder, trigger="@Andy", requires_trigger=True, is_main=False)

    async def add(
        self, kind: str = "interval", value: str = str(HOUR), *, missed: str = "once", script: str = ""
    ) -> Task:
        schedule = Schedule(kind=ScheduleKind(kind), value=value)
        return await self.book.add(
            NewTask(
                group=FAMILY,
                address=ChatAddress(channel=ChannelName("local"), chat="family"),
                prompt="Water <the> plants",
                schedule=schedule,
                missed=missed,
                script=script,
            )
        )

    async def tick(self, milliseconds: int = 0) -> None:
        """Let time pass, then do all there is to do."""
        self.clock.value += milliseconds
        for _ in range(3):
            async with asyncio.TaskGroup() as group:
                await self.scheduler.step(group)
            await self.scheduler.settle(sweeps=True)

    async def end(self, state: TurnState = TurnState.ANSWERED, *, delivered: bool | None = True) -> None:
        """The newest run's turn ends."""
        run = self.submitted[-1][0]
        self.outcomes[run] = RunOutcome(
            state=state, finished_at=self.clock.now(), result="Done", delivered=delivered, cost_usd=0.5
        )
        await self.tick()

    async def states(self, task: Task) -> list[str]:
        return [str(run.state) for run in reversed(await self.tasks.runs(task.id, 100))]

    async def restart(self) -> "Desk":
        """As after a kill: the same files, nothing else but what was handed over."""
        await self.database.close()
        again = await open_desk(self.path, self.clock)
        again.submitted, again.told, again.keys = self.submitted, self.told, self.keys
        again.scripts, again.outcomes, again.groups = self.scripts, self.outcomes, self.groups
        return again


async def open_desk(path: Path, clock: HeldClock) -> Desk:
    database = await Database.open(path, MIGRATIONS)
    return Desk(database, path, clock, Tasks(database, clock))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = HeldClock(1_790_000_000_000)
    opened = await open_desk(tmp_path / "tasks.db", clock)
    yield opened
    await opened.database.close()

"""Scheduled tasks, wired: a run becomes a turn, and the turn's end the run's."""

import asyncio
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from nanoclaw.agents.workshop import Workshop
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.shelves import Shelves
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import ReplySent
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.tasks import RunId, Task, TaskId, TaskRun
from nanoclaw.model.turns import Lane, ReplyState, TurnState
from nanoclaw.operations.alerts.contract import Alert, Level
from nanoclaw.scheduling.book import Book
from nanoclaw.scheduling.contract import Hands, NeverHandedOver, RunOutcome, ScriptVerdict, StillGoing
from nanoclaw.scheduling.scheduler import Scheduler
from nanoclaw.store.runs import NewRun, RunTurn

_OPEN = {TurnState.QUEUED, TurnState.RUNNING}
_ON_ITS_WAY = {ReplyState.PENDING, ReplyState.SENDING}


class Agenda:
    """The scheduler with everything it works on."""

    def __init__(self, hands: Hands, store: Shelves, broadcast: Broadcast, clock: Clock, zone: ZoneInfo) -> None:
        self.scheduler = Scheduler(store.tasks, hands, clock, zone)
        self.book = Book(store.tasks, store.groups.find, clock, zone, self.scheduler.look)
        self._broadcast = broadcast
        self._runs = store.runs

    async def run(self) -> None:
        """Schedule until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.scheduler.run(), name="scheduler")
            tasks.create_task(self._listen(), name="scheduler-listens")

    async def _listen(self) -> None:
        """What a run said may have arrived, which is part of its outcome."""
        with self._broadcast.subscribe() as events:
            async for event in events:
                if isinstance(event, ReplySent) and event.turn is not None:
                    try:
                        run = await self._runs.of_reply(event.reply)
                    except NanoclawError:
                        # Which reply it was cannot be read now; the scheduler's own sweep finds out.
                        continue
                    if run is not None:
                        self.scheduler.noticed(run)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHands:
    """What the scheduler sets in motion."""

    store: Shelves
    lanes: Lanes
    workshop: Workshop
    tidings: Tidings

    def hands(self) -> Hands:
        """As functions."""
        return Hands(
            submit=self._submit, outcome=self._outcome, run_script=self._run_script, tell_owner=self._tell_owner
        )

    async def _tell_owner(self, text: str, key: str, task: TaskId) -> None:
        """In their own chat in full; outside without the task's name and its error, which people and scripts wrote."""
        outside = f"Task {task} failed, was missed or was paused. See `nanoclaw tasks runs {task}`."
        await self.tidings.tell(text, key, Alert(level=Level.WARNING, key=f"task-{task}", text=outside))

    async def _submit(self, run: TaskRun, task: Task, prompt: str) -> bool:
        lane = Lane(task.context)
        new = NewRun(
            run=run.id,
            task=task.id,
            group=task.group,
            address=task.address,
            lane=lane,
            name=task.name,
            prompt=prompt,
        )
        group = await self.store.groups.find(task.group)
        if group is None:
            return False
        if await self.store.runs.add(new) is None:
            # Its chat was taken from the group.
            address = await self.store.groups.chat_of(group.folder)
            if address is None or await self.store.runs.add(replace(new, address=address)) is None:
                return False
        self.lanes.wake_lane(group, lane)
        return True

    async def _outcome(self, run: RunId) -> RunOutcome | StillGoing | NeverHandedOver:
        outcome = outcome_of(await self.store.runs.outcome(run))
        if isinstance(outcome, RunOutcome) and outcome.state is not TurnState.ANSWERED:
            return replace(outcome, quiet=await self._is_temporary(run))
        return outcome

    async def _is_temporary(self, identity: RunId) -> bool:
        """Whether the run's group is there for a verification only."""
        run = await self.store.tasks.run(identity)
        task = await self.store.tasks.get(run.task) if run is not None else None
        group = await self.store.groups.find(task.group) if task is not None else None
        return group is not None and group.temporary

    async def _run_script(self, task: Task) -> ScriptVerdict:
        group = await self.store.groups.find(task.group)
        if group is None:
            return ScriptVerdict(wake=False, gone=True)
        try:
            result = await self.workshop.run_script(group, task.script)
        except NanoclawError as error:
            return ScriptVerdict(wake=False, error=f"its script could not be run: {error}")
        return ScriptVerdict(wake=result.wake, data=result.data, error=result.error)


def outcome_of(turn: RunTurn | None) -> RunOutcome | StillGoing | NeverHandedOver:
    """What became of a run, by its turn and what that said."""
    if turn is None:
        return NeverHandedOver()
    if turn.state in _OPEN or turn.finished_at is None or _ON_ITS_WAY & set(turn.replies):
        return StillGoing()
    return RunOutcome(
        state=turn.state,
        finished_at=turn.finished_at,
        result=turn.text,
        error=turn.error,
        cost_usd=turn.cost_usd,
        delivered=_delivered(turn),
    )


def _delivered(turn: RunTurn) -> bool | None:
    return all(state is ReplyState.SENT for state in turn.replies) if turn.replies else None

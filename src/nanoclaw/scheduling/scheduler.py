"""Starts what is due, at most once, and writes down what came of it."""

import asyncio
import logging
from contextlib import suppress
from typing import assert_never
from zoneinfo import ZoneInfo

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.tasks import RunId, RunState, ScheduleKind, Task, TaskRun, TaskState
from nanoclaw.model.turns import TurnState
from nanoclaw.scheduling.contract import Hands, NeverHandedOver, RunOutcome, StillGoing
from nanoclaw.scheduling.missed import read_policy
from nanoclaw.scheduling.prompt import write_task_prompt
from nanoclaw.scheduling.schedule import Times
from nanoclaw.store.tasks import Occurrences, RunEnd, Tasks

logger = logging.getLogger(__name__)

_LOOK_AGAIN_SECONDS = 30.0
_COUNTED_AT_MOST = 10_000
_SCRIPTS_AT_ONCE = 2
_GONE = "its group or chat is not there any more"
_INTERRUPTED = "it was interrupted"


class Scheduler:
    """Two loops: what has come is written down and handed over; what ended is settled, which holds up no start."""

    def __init__(self, tasks: Tasks, hands: Hands, clock: Clock, zone: ZoneInfo) -> None:
        self._tasks = tasks
        self._hands = hands
        self._clock = clock
        self._zone = zone
        self._look, self._ended = asyncio.Event(), asyncio.Event()
        self._noticed: set[RunId] = set()
        self._in_hand: set[RunId] = set()
        self._scripts = asyncio.Semaphore(_SCRIPTS_AT_ONCE)

    def look(self) -> None:
        """Something about the tasks changed."""
        self._look.set()

    def noticed(self, run: RunId) -> None:
        """The turn of a run ended, or what it said was delivered."""
        self._noticed.add(run)
        self._ended.set()

    async def run(self) -> None:
        """Schedule until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._settle_forever(), name="runs-settled")
            while True:
                self._look.clear()
                seconds = _LOOK_AGAIN_SECONDS
                try:
                    await self.step(group)
                    next_due = await self._tasks.next_due()
                    if next_due is not None:
                        # A clock that was set is noticed within the half minute.
                        seconds = min(seconds, max(0.0, (next_due - self._clock.now()) / 1000))
                except NanoclawError as error:
                    logger.error("tasks cannot be looked after", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._look.wait()

    async def step(self, group: asyncio.TaskGroup) -> None:
        """Start whatever is due; handing over goes on in ``group``."""
        while due := await self._tasks.due():
            came = []
            for task in due:
                try:
                    came.append(self.occurrences(task))
                except InvalidTaskError as error:
                    await self._set_aside(task, error)
                # Of many, some take long to reckon.
                await asyncio.sleep(0)
            # Many are often due at the same moment: one wait for the disk, not one each.
            if any(run.state is RunState.MISSED for run in await self._tasks.come(came)):
                # It is told of at once, not at the next sweep.
                self._ended.set()
        for run in await self._tasks.due_runs():
            if run.id not in self._in_hand:
                self._in_hand.add(run.id)
                group.create_task(self._hand_over(run), name=f"run-{run.id}")

    async def _settle_forever(self) -> None:
        swept = -_LOOK_AGAIN_SECONDS
        while True:
            self._ended.clear()
            sweeps = self._clock.monotonic() >= swept + _LOOK_AGAIN_SECONDS
            try:
                await self.settle(sweeps=sweeps)
            except NanoclawError as error:
                logger.error("runs cannot be settled", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
            if sweeps:
                swept = self._clock.monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, swept + _LOOK_AGAIN_SECONDS - self._clock.monotonic())):
                    await self._ended.wait()

    async def settle(self, *, sweeps: bool) -> None:
        """Write down what came of the runs that were noticed; a sweep looks at all, for those that were not."""
        noticed, self._noticed = self._noticed, set()
        found = await self._tasks.open_runs() if sweeps else [await self._tasks.run(run) for run in noticed]
        for run in found:
            if run is not None and run.state is RunState.STARTED and run.id not in self._in_hand:
                await self._settle(run)
                # A time of its task that came meanwhile has waited for this.
                self._look.set()
        for run in await self._tasks.untold():
            await self._tell(run)

    def occurrences(self, task: Task) -> Occurrences:
        """Which times of a due task have come. Raises InvalidTaskError."""
        now = self._clock.now()
        first = now if task.next_at is None else task.next_at
        times = Times(task.schedule, self._zone, task.created_at)
        count, last, before = times.between(first, now, _COUNTED_AT_MOST)
        runs = read_policy(task.missed).allows(last, now)
        left_out = count - 1 if runs else count
        return Occurrences(
            task=task.id,
            first=first,
            run_at=last if runs else None,
            missed_at=None if left_out == 0 else before if runs else last,
            missed=_missed(left_out, uncounted=task.schedule.kind is ScheduleKind.CRON and count > _COUNTED_AT_MOST),
            next_at=times.after(max(now, last)),
        )

    async def _set_aside(self, task: Task, error: InvalidTaskError) -> None:
        """One task that cannot be read must not hold up all others."""
        await self._tasks.set_state(task.id, TaskState.PAUSED, None)
        await self._hands.tell_owner(
            f"Task {task.id} of the group {task.group} was paused: {error}. {error.hint}",
            f"task-{task.id}-paused",
            task.id,
        )

    async def _hand_over(self, run: TaskRun) -> None:
        try:
            await self._start(run)
        except NanoclawError as error:
            # It is still due; the next look, which is not now, tries again.
            logger.error("a run could not be handed over", extra={"run": run.id, "error": str(error)})  # noqa: TRY400 - no traceback needed
        else:
            self._look.set()
            # It may have ended at once, or its turn before it was written down that it has begun.
            self.noticed(run.id)
        finally:
            self._in_hand.discard(run.id)

    async def _start(self, run: TaskRun) -> None:
        task = await self._tasks.get(run.task)
        if task is None:
            return
        data = ""
        if task.script:
            # A script may do things: it is begun at most once, so the run counts as started before it.
            if not await self._tasks.start(run.id):
                return
            async with self._scripts:
                verdict = await self._hands.run_script(task)
            if verdict.gone:
                await self._end_with_its_group(task, run)
                return
            if verdict.error or not verdict.wake:
                await self._end(run, RunState.FAILED if verdict.error else RunState.SKIPPED, verdict.error)
                return
            data = verdict.data
        prompt = write_task_prompt(task, run, data, self._clock.now(), self._zone)
        if not await self._hands.submit(run, task, prompt):
            await self._end_with_its_group(task, run)
            return
        await self._tasks.start(run.id)

    async def _end_with_its_group(self, task: Task, run: TaskRun) -> None:
        await self._end(run, RunState.FAILED, _GONE)
        await self._tasks.set_state(task.id, TaskState.CANCELLED, None)

    async def _settle(self, run: TaskRun) -> None:
        match await self._hands.outcome(run.id):
            case StillGoing():
                pass
            case NeverHandedOver():
                # Its script had begun when the daemon ended: it is not known what it did.
                await self._end(run, RunState.FAILED, _INTERRUPTED)
            case RunOutcome() as outcome:
                await self._write_down(run, outcome)
            case other:
                assert_never(other)

    async def _write_down(self, run: TaskRun, outcome: RunOutcome) -> None:
        undelivered = outcome.delivered is False
        good = outcome.state is TurnState.ANSWERED and not undelivered
        error = outcome.error or ("its result could not be delivered" if undelivered else "")
        await self._tasks.end(
            run.id,
            RunEnd(
                state=RunState.SUCCEEDED if good else RunState.FAILED,
                finished_at=outcome.finished_at,
                result=outcome.result,
                error="" if good else error or outcome.state,
                cost_usd=outcome.cost_usd,
                delivered=outcome.delivered,
                tell=outcome.state is not TurnState.STOPPED and not outcome.quiet,
            ),
        )
        _note(run, RunState.SUCCEEDED if good else RunState.FAILED, delivered=outcome.delivered)

    async def _end(self, run: TaskRun, state: RunState, error: str) -> None:
        await self._tasks.end(run.id, RunEnd(state=state, finished_at=self._clock.now(), error=error))
        _note(run, state)

    async def _tell(self, run: TaskRun) -> None:
        """Tell the owner of a run. A kill before it is noted tells again, under the same key."""
        task = await self._tasks.get(run.task)
        if task is not None:
            what = "was missed" if run.state is RunState.MISSED else "failed"
            name = f"Task {task.id}" + (f" ({task.name})" if task.name else "")
            text = f"{name} of the group {task.group} {what}: {run.error}. See `nanoclaw tasks runs {task.id}`."
            await self._hands.tell_owner(text, f"run-{run.id}", task.id)
        await self._tasks.told(run.id)


def _note(run: TaskRun, state: RunState, *, delivered: bool | None = None) -> None:
    """A line of the log for each run that ended; what it said is in its record."""
    logger.info("run ended", extra={"run": run.id, "task": run.task, "state": state, "delivered": delivered})


def _missed(count: int, *, uncounted: bool) -> str:
    least = "at least " if uncounted else ""
    return f"{least}{count:,} {'run was' if count == 1 else 'runs were'} missed"

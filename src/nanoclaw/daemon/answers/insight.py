"""Figures and profiles of the running daemon, as commands ask for them."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict

from nanoclaw.control.insight_shapes import (
    CpuProfile,
    CpuProfileRequest,
    FigureList,
    FigureQuery,
    FunctionShape,
    MemoryProfile,
    MemoryProfileRequest,
    PlainText,
    StackList,
    StackShape,
)
from nanoclaw.control.times import parse_time
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.daemon.shelves import Shelves
from nanoclaw.model.clock import Clock
from nanoclaw.operations.figures.counting import Key
from nanoclaw.operations.figures.exposition import exposition
from nanoclaw.operations.figures.history import History
from nanoclaw.operations.figures.recorder import Recorder
from nanoclaw.operations.figures.report import Live, report
from nanoclaw.operations.profiling.profiler import Profiler
from nanoclaw.operations.profiling.stacks import Standing, tasks, threads

_DAY = 86_400
_FUNCTIONS = 40


def open_recorder(ground: Ground, store: Shelves, lanes: Lanes, roster: Roster) -> Recorder:
    """The figures of a daemon, with what only it knows."""

    async def facts() -> Mapping[Key, float]:
        counts = await store.outcomes.counts()
        return {
            ("agents", ""): len(lanes.workers),
            ("turns_waiting", ""): counts.queued + counts.running,
            ("replies_undelivered", ""): counts.undelivered,
            **{("channel_up", str(name)): float(sighting.is_up) for name, sighting in roster.sightings().items()},
        }

    return Recorder(ground.home, ground.counting, ground.clock, facts)


class Insight:
    """Looks into this process."""

    def __init__(self, recorder: Recorder, profiler: Profiler, clock: Clock) -> None:
        self._recorder = recorder
        self._profiler = profiler
        self._clock = clock

    async def figures(self, query: FigureQuery) -> FigureList:
        """How it fares."""
        live = Live(gauges=await self._recorder.gauges(), counted=self._recorder.counted())
        return await asyncio.to_thread(stored_figures, self._recorder.history, query, self._clock, live)

    async def metrics(self) -> PlainText:
        """The same as Prometheus reads it."""
        return PlainText(text=exposition(await self._recorder.gauges(), self._recorder.counted()))

    async def cpu(self, request: CpuProfileRequest) -> CpuProfile:
        """What it works on."""
        profile = await self._profiler.processor(request.seconds)
        return CpuProfile(
            seconds=round(profile.seconds, 3),
            looks=profile.looks,
            by_processor=profile.by_processor,
            busy_seconds=round(sum(profile.weights.values()) / 1e9, 6),
            cost_seconds=round(profile.cost, 6),
            functions=[
                FunctionShape(function=one.function, own_seconds=round(one.own, 6), total_seconds=round(one.total, 6))
                for one in profile.functions(_FUNCTIONS)
            ],
            collapsed=profile.collapsed(),
        )

    async def memory(self, request: MemoryProfileRequest) -> MemoryProfile:
        """What its memory grows by."""
        profile = await self._profiler.heap(request.seconds, request.top)
        return MemoryProfile.model_validate({
            "seconds": round(profile.seconds, 3),
            "resident_bytes": profile.resident,
            "resident_bytes_before": profile.resident_before,
            "tracing_bytes": profile.tracing_bytes,
            "pause_seconds": round(profile.pause, 6),
            "allocations": [asdict(one) for one in profile.places],
            "types": [asdict(one) for one in profile.types],
        })  # fmt: skip

    async def stacks(self) -> StackList:
        """Where it stands."""
        return StackList(
            threads=[_stack(one) for one in threads()], tasks=[_stack(one) for one in tasks(self._profiler.loop)]
        )


def stored_figures(history: History, query: FigureQuery, clock: Clock, live: Live | None = None) -> FigureList:
    """The figures on disk, with those of a running daemon where there is one. Raises HistoryUnreadableError."""
    now = clock.now() // 1000
    since = parse_time(query.since) // 1000 if query.since else now - _DAY
    return FigureList.model_validate(report(history.read(), now, min(since, now), live))


def _stack(standing: Standing) -> StackShape:
    return StackShape(name=standing.name, calls=list(standing.calls))

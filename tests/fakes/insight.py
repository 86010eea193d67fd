"""Figures and profiles of a daemon that rests."""

from nanoclaw.control.insight_shapes import (
    CpuProfile,
    CpuProfileRequest,
    FigureList,
    FigureQuery,
    MemoryProfile,
    MemoryProfileRequest,
    PlainText,
    StackList,
    StackShape,
)

AT = "2026-11-22T10:00:00.000Z"


class FakeInsight:
    """Answers at once, always the same."""

    async def figures(self, query: FigureQuery) -> FigureList:
        return FigureList(running=True, at=AT, since=query.since or AT, newest=None, figures=[])

    async def metrics(self) -> PlainText:
        return PlainText(text="# HELP nanoclaw_agents Agents\n# TYPE nanoclaw_agents gauge\nnanoclaw_agents 0\n")

    async def cpu(self, request: CpuProfileRequest) -> CpuProfile:
        return CpuProfile(
            seconds=request.seconds,
            looks=0,
            by_processor=True,
            busy_seconds=0,
            cost_seconds=0,
            functions=[],
            collapsed="MainThread;a.py:b 1000\n",
        )

    async def memory(self, request: MemoryProfileRequest) -> MemoryProfile:
        return MemoryProfile(
            seconds=request.seconds,
            resident_bytes=2,
            resident_bytes_before=1,
            tracing_bytes=0,
            pause_seconds=0,
            allocations=[],
            types=[],
        )

    async def stacks(self) -> StackList:
        return StackList(threads=[StackShape(name="MainThread", calls=["a.py:b:1"])], tasks=[])

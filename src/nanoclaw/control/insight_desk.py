"""What can be asked about the daemon itself."""

from typing import Protocol

from nanoclaw.control.insight_shapes import (
    CpuProfile,
    CpuProfileRequest,
    FigureList,
    FigureQuery,
    MemoryProfile,
    MemoryProfileRequest,
    PlainText,
    StackList,
)


class InsightDesk(Protocol):
    """Figures and profiles. Profiles raise ConflictError while another is being made."""

    async def figures(self, query: FigureQuery) -> FigureList:
        """How it fares."""
        ...

    async def metrics(self) -> PlainText:
        """The same as Prometheus reads it."""
        ...

    async def cpu(self, request: CpuProfileRequest) -> CpuProfile:
        """What it works on."""
        ...

    async def memory(self, request: MemoryProfileRequest) -> MemoryProfile:
        """What its memory grows by."""
        ...

    async def stacks(self) -> StackList:
        """Where it stands."""
        ...

"""Figures and profiles: the operations, and what each answers."""

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
from nanoclaw.control.route import Route
from nanoclaw.control.service import Service


async def _figures(service: Service, _place: str, query: FigureQuery) -> FigureList:
    return await service.insight.figures(query)


async def _metrics(service: Service, _place: str, _request: None) -> PlainText:
    return await service.insight.metrics()


async def _cpu(service: Service, _place: str, request: CpuProfileRequest) -> CpuProfile:
    return await service.insight.cpu(request)


async def _memory(service: Service, _place: str, request: MemoryProfileRequest) -> MemoryProfile:
    return await service.insight.memory(request)


async def _stacks(service: Service, _place: str, _request: None) -> StackList:
    return await service.insight.stacks()


INSIGHT_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/figures",
        name="figures",
        summary="How the daemon fares: now, in the last hour, and since a moment of the last week.",
        answer=_figures,
        query=FigureQuery,
        response=FigureList,
        problems=(400, 422),
    ),
    Route(
        method="GET",
        path="/v1/metrics",
        name="metrics",
        summary="The same figures in the text format of Prometheus, version 0.0.4.",
        answer=_metrics,
        response=PlainText,
        plain=True,
    ),
    Route(
        method="POST",
        path="/v1/profile/cpu",
        name="profile_cpu",
        summary="Look for a while at what the daemon's threads work on; answers when that is over.",
        answer=_cpu,
        body=CpuProfileRequest,
        response=CpuProfile,
        problems=(400, 409, 413, 422, 503),
    ),
    Route(
        method="POST",
        path="/v1/profile/memory",
        name="profile_memory",
        summary="Trace for a while what the daemon allocates, which slows it down; answers when that is over.",
        answer=_memory,
        body=MemoryProfileRequest,
        response=MemoryProfile,
        problems=(400, 409, 413, 422, 503),
    ),
    Route(
        method="GET",
        path="/v1/profile/stacks",
        name="profile_stacks",
        summary="Where every thread and task of the daemon stands right now.",
        answer=_stacks,
        response=StackList,
    ),
)

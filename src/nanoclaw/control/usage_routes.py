"""Usage: the operations, and what each answers."""

from nanoclaw.control.route import Route
from nanoclaw.control.service import Service
from nanoclaw.control.usage_shapes import UsageList, UsageQuery


async def _usage(service: Service, _place: str, query: UsageQuery) -> UsageList:
    return await service.usage.sums(query)


USAGE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/usage",
        name="usage",
        summary="What calls to the model used, added up by day, group, task or model.",
        answer=_usage,
        query=UsageQuery,
        response=UsageList,
        problems=(400, 422),
    ),
)

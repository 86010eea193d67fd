"""People: the operations, and what each answers."""

from nanoclaw.control.people_shapes import (
    AddPersonRequest,
    DroppedList,
    DroppedQuery,
    PersonList,
    PersonShape,
    RemovePersonRequest,
)
from nanoclaw.control.route import Route
from nanoclaw.control.service import Service
from nanoclaw.control.shapes import Done


async def _people(service: Service, _place: str, _request: None) -> PersonList:
    return await service.people.all()


async def _add(service: Service, _place: str, request: AddPersonRequest) -> PersonShape:
    return await service.people.add(request)


async def _remove(service: Service, _place: str, request: RemovePersonRequest) -> Done:
    return await service.people.remove(request)


async def _dropped(service: Service, _place: str, query: DroppedQuery) -> DroppedList:
    return await service.people.dropped(query.limit)


PEOPLE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/people",
        name="people",
        summary="Everyone with a role.",
        answer=_people,
        response=PersonList,
    ),
    Route(
        method="POST",
        path="/v1/people",
        name="add_person",
        summary="Give a person a role, in one group or everywhere.",
        answer=_add,
        body=AddPersonRequest,
        response=PersonShape,
        status=201,
        problems=(400, 404, 409, 413, 422),
    ),
    Route(
        method="POST",
        path="/v1/people/remove",
        name="remove_person",
        summary="Take a person's role away.",
        answer=_remove,
        body=RemovePersonRequest,
        response=Done,
        problems=(400, 409, 413, 422),
    ),
    Route(
        method="GET",
        path="/v1/dropped",
        name="dropped",
        summary="Whose messages were not taken in, and why.",
        answer=_dropped,
        query=DroppedQuery,
        response=DroppedList,
        problems=(400, 422),
    ),
)

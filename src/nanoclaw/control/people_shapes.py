"""The JSON about people: roles, and who was turned away."""

from typing import Annotated

from pydantic import Field

from nanoclaw.control.shapes import Shape
from nanoclaw.model.people import Role


class PersonShape(Shape):
    """A person with a role; ``group`` null: everywhere. ``sender`` is the network's immutable id."""

    channel: str
    sender: str
    role: str
    group: str | None = None
    name: str = ""


class PersonList(Shape):
    """Everyone with a role, those with one everywhere first."""

    people: list[PersonShape]


class AddPersonRequest(Shape):
    """A role to give, replacing the one that the person has there. Only an owner may be one everywhere."""

    channel: Annotated[str, Field(min_length=1, max_length=40)]
    sender: Annotated[str, Field(min_length=1, max_length=200)]
    role: Annotated[Role, Field(strict=False)]
    group: Annotated[str | None, Field(max_length=64)] = None
    name: Annotated[str, Field(max_length=80)] = ""


class RemovePersonRequest(Shape):
    """A role to take away: that in ``group``, or the one everywhere."""

    channel: Annotated[str, Field(min_length=1, max_length=40)]
    sender: Annotated[str, Field(min_length=1, max_length=200)]
    group: Annotated[str | None, Field(max_length=64)] = None


class DroppedShape(Shape):
    """Messages that were not taken in: from whom, where, why, how many. Their texts are not kept."""

    channel: str
    chat: str
    sender: str
    name: str
    reason: str
    count: int
    first_at: str
    last_at: str


class DroppedQuery(Shape):
    """How many at most."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class DroppedList(Shape):
    """Whose messages were dropped, the newest first."""

    dropped: list[DroppedShape]

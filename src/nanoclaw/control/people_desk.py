"""What can be asked about people."""

from typing import Protocol

from nanoclaw.control.people_shapes import AddPersonRequest, DroppedList, PersonList, PersonShape, RemovePersonRequest
from nanoclaw.control.shapes import Done


class PeopleDesk(Protocol):
    """Roles, and who was turned away."""

    async def all(self) -> PersonList:
        """Everyone with a role."""
        ...

    async def add(self, request: AddPersonRequest) -> PersonShape:
        """Give a role. Raises NoSuchGroupError, ConflictError."""
        ...

    async def remove(self, request: RemovePersonRequest) -> Done:
        """Take a role away; ``changed`` false when there was none. Raises ConflictError."""
        ...

    async def dropped(self, limit: int) -> DroppedList:
        """Whose messages were dropped."""
        ...

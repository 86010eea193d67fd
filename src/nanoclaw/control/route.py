"""What an operation of the control API is."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from nanoclaw.control.service import Service

CHANNEL_NAME = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"
"""What a channel may be called in a path."""

Answer = Callable[[Service, str, Any], Awaitable[BaseModel]]
"""Given the service, the one parameter in the path (or "") and the parsed body or query (or None)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. ``problems`` are the statuses that its answers of shape ``Problem`` may have, besides 500."""

    method: str
    path: str
    name: str
    summary: str
    answer: Answer
    response: type[BaseModel]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    problems: tuple[int, ...] = ()
    streams: bool = False
    """Answers with a line of JSON an event, until either side ends it; ``answer`` is not used."""
    plain: bool = False
    """Answers with the text of a ``PlainText``, as it is."""
    holds: Callable[[Service, Any], AbstractAsyncContextManager[BaseModel]] | None = None
    """Answers with one line of JSON; what it opened stays open as long as the connection."""

"""The numbers a worker works by."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nanoclaw.events.measures import Observe, unobserved
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.tasks import RunId
from nanoclaw.model.turns import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """Spans in seconds."""

    turn_seconds: float
    """A turn without a sign of life for this long has failed."""
    idle_seconds: float
    """An agent without work for this long is closed."""
    lane: Lane = Lane.GROUP
    """In a lane of its own, an agent works on one turn, without the group's conversation, and is closed."""
    changed: Callable[[], None]
    """Told when a worker enters another state: an idle one may have to give its place to a group that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Who is told what came of turns, as functions that the root passes in."""

    deliver: Callable[[ChatAddress], None]
    """The outbox has something for this chat."""
    run_ended: Callable[[RunId], None]
    """The turn of a task's occurrence has ended, whichever way."""
    trouble: Callable[[str, str], Awaitable[None]]
    """The owner should know of this error; and a hint."""
    owner_chats: Callable[[], Awaitable[Sequence[ChatAddress]]]
    """Where the owner is told of a turn that failed in another group."""
    observe: Observe = unobserved

"""The numbers a worker works by."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """Spans in seconds."""

    turn_seconds: float
    """A turn without a sign of life for this long has failed."""
    idle_seconds: float
    """An agent without work for this long is closed."""
    changed: Callable[[], None]
    """Told when a worker enters another state: an idle one may have to give its place to a group that waits."""

"""What the gateway says to the rest of the program."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder


class GatewayError(NanoclawError):
    """The gateway could not open its sockets or read its configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequestSent:
    """A request is about to leave for the model's service."""

    group: GroupFolder
    at: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCallMetered:
    """A call to the model ended. Token counts are what the service reported, 0 where it reported none."""

    group: GroupFolder
    model: str
    status: int
    """HTTP status, or 0 when the service could not be reached or the stream broke."""
    started_at: Milliseconds
    finished_at: Milliseconds
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0


class Verdict(StrEnum):
    """What the gateway decided about a request."""

    ALLOWED = "allowed"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the audit log. ``target`` is a method and path, or host:port; never a body, never a header."""

    at: Milliseconds
    group: GroupFolder
    verdict: Verdict
    target: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRefused:
    """The agent wanted to reach a host that its group may not reach."""

    group: GroupFolder
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCrossed:
    """A budget was used up to ``percent``. ``group`` None: that of all groups together; ``span`` is day or month."""

    group: GroupFolder | None
    span: str
    began: str
    """The first date of that day or month, as ISO 8601."""
    percent: int
    spent_usd: float
    limit_usd: float


GatewayEvent = ModelRequestSent | ModelCallMetered | Decision | DomainRefused | BudgetCrossed
Listener = Callable[[GatewayEvent], None]
"""Told what happens, in the event loop; must return at once."""

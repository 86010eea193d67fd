"""What is remembered of alerts, as one JSON document. Raw data is parsed here, once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from nanoclaw.operations.alerts.contract import Alert, Level

T = TypeVar("T")


NOT_A_STATE = (ValueError, LookupError, TypeError, AttributeError)
"""What reading something else raises."""


class Fate(StrEnum):
    """What became of an alert."""

    SENT = "sent"
    """Every route took it."""
    EXPIRED = "expired"
    """It was too old to be of use before every route took it."""
    LOGGED = "logged"
    """No route is set up, or it is below the level that is sent: it stands in the log."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """An alert that was accepted. Times are milliseconds since the Unix epoch."""

    id: str
    alert: Alert
    at: int
    sent: list[str] = field(default_factory=list)
    """The routes that took it."""
    fate: Fate | None = None
    """None while it waits."""
    ended: int = 0


@dataclass(slots=True, kw_only=True)
class Told:
    """When a key was told last, and how often the trouble came again since."""

    at: int
    again: int = 0


@dataclass(slots=True, kw_only=True)
class RouteState:
    """How a route does."""

    fails: int = 0
    """Failures in a row."""
    next_at: int = 0
    """Not to be tried before, after a failure."""
    problem: str = ""
    sent_at: list[int] = field(default_factory=list)
    """When the newest messages went out."""


@dataclass(slots=True, kw_only=True)
class Tested:
    """What the owner's last test of a route found."""

    at: int
    ok: bool
    text: str
    mark: str
    """Of the address that was tested."""


@dataclass(slots=True, kw_only=True)
class State:
    """Everything. Whoever holds it may change it; the book writes it down."""

    waiting: list[Entry] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)
    routes: dict[str, RouteState] = field(default_factory=dict)
    tests: dict[str, Tested] = field(default_factory=dict)
    left_out: int = 0
    """Alerts of a storm that only the log has, since the last digest."""
    known_routes: list[str] = field(default_factory=list)
    """The routes of the configuration that was good last."""
    salt: str = ""


def write_state(state: State) -> str:
    """The document."""
    return json.dumps(asdict(state), ensure_ascii=False, separators=(",", ":"))


def rejoined(ours: State, theirs: State) -> State:
    """What could not be written for a while, and what stands in the file: an alert that ended in one has ended."""
    known = {entry.id for entry in (*ours.waiting, *ours.history)}
    ours.waiting = [*(entry for entry in theirs.waiting if entry.id not in known), *ours.waiting]
    ours.history = [*(entry for entry in theirs.history if entry.id not in known), *ours.history]
    ours.tests, ours.salt = theirs.tests or ours.tests, theirs.salt or ours.salt
    return ours


def read_state(text: str) -> State:
    """The state of a document.

    Raises:
        NOT_A_STATE: it is none.
    """
    raw = json.loads(text)
    return State(
        waiting=[_entry(one) for one in raw["waiting"]],
        history=[_entry(one) for one in raw["history"]],
        told=_mapped(raw["told"], lambda one: Told(at=int(one["at"]), again=int(one["again"]))),
        routes=_mapped(raw["routes"], _route),
        tests=_mapped(raw["tests"], _tested),
        left_out=int(raw["left_out"]),
        known_routes=[str(one) for one in raw["known_routes"]],
        salt=str(raw["salt"]),
    )


def _entry(raw: Mapping[str, Any]) -> Entry:
    alert = raw["alert"]
    return Entry(
        id=str(raw["id"]),
        alert=Alert(level=Level(alert["level"]), key=str(alert["key"]), text=str(alert["text"])),
        at=int(raw["at"]),
        sent=[str(one) for one in raw["sent"]],
        fate=Fate(raw["fate"]) if raw["fate"] else None,
        ended=int(raw["ended"]),
    )


def _route(raw: Mapping[str, Any]) -> RouteState:
    return RouteState(
        fails=int(raw["fails"]),
        next_at=int(raw["next_at"]),
        problem=str(raw["problem"]),
        sent_at=[int(one) for one in raw["sent_at"]],
    )


def _tested(raw: Mapping[str, Any]) -> Tested:
    return Tested(at=int(raw["at"]), ok=bool(raw["ok"]), text=str(raw["text"]), mark=str(raw["mark"]))


def _mapped(raw: Mapping[str, Any], make: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    return {str(name): make(one) for name, one in raw.items()}

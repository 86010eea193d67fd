"""How each route does, for people and checks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from nanoclaw.operations.alerts.book import mark_of
from nanoclaw.operations.alerts.routes import Routes
from nanoclaw.operations.alerts.state import RouteState, State


class TestState(StrEnum):
    """What is known of a route from its last test."""

    __test__ = False

    NEVER = "never"
    CHANGED = "changed"
    """Its address is another since."""
    FAILED = "failed"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """One route. Nothing here is secret."""

    name: str
    kind: str
    is_set: bool
    """Its variable has a value."""
    tested: TestState
    tested_at: int
    """Milliseconds since the Unix epoch; 0: never."""
    waiting: int
    """Alerts that it has not taken yet."""
    fails: int
    problem: str
    """Of the last failure, in a test or after it; empty while all is well."""

    @property
    def said(self) -> str:
        """The test in a few words."""
        if not self.tested_at:
            return self.tested
        return f"{self.tested} {datetime.fromtimestamp(self.tested_at / 1000, UTC):%Y-%m-%d}"


def view_routes(state: State, routes: Routes) -> tuple[RouteView, ...]:
    """Every route of the configuration, in its order."""
    ways = {way.name: way for way in routes.ways}
    found = []
    for name in routes.names:
        way, test, known = ways.get(name), state.tests.get(name), state.routes.get(name, RouteState())
        if test is None:
            tested = TestState.NEVER
        elif way is None or test.mark != mark_of(state, way):
            tested = TestState.CHANGED
        else:
            tested = TestState.OK if test.ok else TestState.FAILED
        problem = "its variable is not set" if way is None else known.problem
        if not problem and test is not None and tested is TestState.FAILED:
            problem = test.text
        found.append(
            RouteView(
                name=name,
                kind=way.kind if way else "?",
                is_set=way is not None,
                tested=tested,
                tested_at=test.at if test else 0,
                waiting=sum(name not in entry.sent for entry in state.waiting),
                fails=known.fails,
                problem=problem,
            )
        )
    return tuple(found)

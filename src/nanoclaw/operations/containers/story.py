"""What is known of a container's life: the engine's events and the assistant's own log.

What an agent says is never kept: its standard output is the conversation, its standard error may quote it, and engines
are told to keep neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.containers.fleet import Container, Fleet, Silence
from nanoclaw.operations.logs.query import describe
from nanoclaw.operations.logs.reading import Line, added_lines, stored_lines
from nanoclaw.sandboxes.contract import Happening
from nanoclaw.settings.home import Home

ENGINE = "engine"
LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whose story is asked for; empty: everybody's. ``since`` is ISO 8601 in UTC, empty for all of it."""

    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    since: str = ""

    def wants_name(self, name: str) -> bool:
        """Whether what the engine says of a container is asked for."""
        return (not self.names and not self.groups) or name in self.names

    def wants(self, line: Line) -> bool:
        """Whether a line of the log is asked for: it names the container, or its group and no container."""
        if self.since and str(line.get("time", "")) < self.since:
            return False
        sandbox, group = line.get("sandbox"), line.get("group")
        if not self.names and not self.groups:
            return sandbox is not None or group is not None
        return sandbox in self.names if sandbox is not None else group in self.groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened. ``at`` is ISO 8601 in UTC; ``source`` is the engine or the log."""

    at: str
    source: str
    name: str
    text: str


def choose(containers: tuple[Container, ...], since: str) -> Choice:
    """The story of these containers and their groups."""
    return Choice(
        names=frozenset(one.name for one in containers), groups=frozenset(one.group for one in containers), since=since
    )


async def tell(
    fleet: Fleet, home: Home, choice: Choice, since: Milliseconds
) -> tuple[tuple[Moment, ...], tuple[Silence, ...]]:
    """Everything that is known, oldest first. Reads the log in this thread."""
    happenings, silent = await fleet.happenings(since)
    told = [_of_engine(one) for one in happenings if choice.wants_name(one.name) and one.at >= choice.since]
    told += [_of_log(line) for line in stored_lines(home.log) if choice.wants(line)]
    return tuple(sorted(told, key=lambda one: one.at)), silent


def follow(home: Home, choice: Choice) -> Iterator[Moment]:
    """What the log says from now on. Blocks, and never ends."""
    for line in added_lines(home.log):
        if choice.wants(line):
            yield _of_log(line)


def _of_engine(one: Happening) -> Moment:
    status = f", status {one.status}" if one.status else ""
    return Moment(at=one.at, source=ENGINE, name=one.name, text=f"{one.what}{status}")


def _of_log(line: dict[str, Any]) -> Moment:
    plain = {"time", "sandbox", "where", *(("level",) if line.get("level") == "info" else ())}
    rest = {name: value for name, value in line.items() if name not in plain}
    return Moment(at=str(line.get("time", "")), source=LOG, name=str(line.get("sandbox", "")), text=describe(rest))

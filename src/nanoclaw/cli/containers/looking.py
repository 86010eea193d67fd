"""Look at containers: list, stats, logs."""

import argparse
import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from nanoclaw.cli.containers.reaching import is_looked_after, notes_of, status_of
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError
from nanoclaw.cli.render import local_time, one_line, size, table
from nanoclaw.cli.spans import parse_since
from nanoclaw.control.client import Document
from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.containers.fleet import Container, Fleet, Listing, Silence, chosen, open_fleet
from nanoclaw.operations.containers.story import Choice, Moment, choose, follow, tell
from nanoclaw.sandboxes.contract import SandboxUsage

_SEE = "see: nanoclaw containers logs --help"
_MOST = 100_000


def listing(_arguments: argparse.Namespace, context: Context) -> Result:
    """Every container, running or not."""
    fleet = open_fleet(context.home)
    found = asyncio.run(fleet.listed())
    looked_after = is_looked_after(context)
    rows = [(one.name, one.group, one.kind, one.state, _short(one.since)) for one in found.containers]
    text = table(("NAME", "GROUP", "KIND", "STATE", "SINCE"), rows) if rows else "No containers."
    notes = notes_of(found.silent)
    if not looked_after and any(one.alive for one in found.containers):
        notes += ("No assistant looks after them. `nanoclaw containers prune` removes them; so does the next start.",)
    document = {
        "containers": [shape_of(one) for one in found.containers],
        "looked_after": looked_after,
        "silent": silent_shapes(found.silent),
    }
    return Result(document=document, text=text, notes=notes, exit=status_of(found.silent))


def stats(_arguments: argparse.Namespace, context: Context) -> Result:
    """What running containers use now."""
    fleet = open_fleet(context.home)
    found, used, silent = asyncio.run(_measure(fleet))
    groups = {one.name: one.group for one in found.containers}
    rows = [(one.name, *_cells(one)) for one in used]
    text = table(("NAME", "MEMORY", "CPU", "PROCESSES"), rows) if rows else "No container runs."
    document = {
        "containers": [
            {
                "name": one.name,
                "group": groups.get(one.name, ""),
                "memory_bytes": one.memory,
                "memory_limit_bytes": one.memory_limit,
                "cpu_percent": one.cpu_percent,
                "processes": one.processes,
            }
            for one in used
        ],
        "silent": silent_shapes(silent),
    }
    return Result(document=document, text=text, notes=notes_of(silent), exit=status_of(silent))


async def _measure(fleet: Fleet) -> tuple[Listing, tuple[SandboxUsage, ...], tuple[Silence, ...]]:
    found = await fleet.listed()
    used, silent = await fleet.usage()
    return found, used, silent


def logs(arguments: argparse.Namespace, context: Context) -> Result:
    """What engine and log know of containers."""
    if not 1 <= arguments.limit <= _MOST:
        raise UsageError(f"argument -n: must be 1 to {_MOST}", _SEE)
    since = parse_since(arguments.since, context.clock, "--since", _SEE)
    fleet = open_fleet(context.home)
    found = asyncio.run(fleet.listed())
    choice = _choice(found, arguments.name, since)
    moments, silent = asyncio.run(tell(fleet, context.home, choice, _milliseconds(since)))
    newest = moments[-arguments.limit :]
    notes = notes_of(silent)
    if not arguments.follow:
        document = {"lines": [_moment_shape(one) for one in newest], "silent": silent_shapes(silent)}
        several = arguments.name is None or len({one.name for one in newest if one.name}) > 1
        text = "\n".join(_shown(one, named=several) for one in newest) or "Nothing is known."
        return Result(document=document, text=text, notes=notes, exit=status_of(silent))
    for one in newest:
        _print(one, context)
    for one in follow(context.home, choice):
        _print(one, context)
    return Result()


def _choice(found: Listing, name: str | None, since: str) -> Choice:
    """Whose story: one that is gone is still known by its name, and its group by its folder."""
    if name is None:
        return Choice(since=since)
    named = [one for one in found.containers if name in {one.name, one.group}]
    if named:
        return choose(chosen(found, name), since)
    return Choice(names=frozenset({name}), groups=frozenset({name}), since=since)


def shape_of(one: Container) -> Document:
    """A container as ``--json`` shows it."""
    return {"name": one.name, "group": one.group, "kind": one.kind, "state": one.state, "since": one.since}


def silent_shapes(silent: Iterable[Silence]) -> list[Document]:
    """Engines that did not answer, as ``--json`` shows them."""
    return [{"kind": one.kind, "problem": one.problem, "hint": one.hint} for one in silent]


def _cells(one: SandboxUsage) -> tuple[str, str, str]:
    limit = f" of {size(one.memory_limit)}" if one.memory_limit else ""
    busy = "-" if one.cpu_percent is None else f"{one.cpu_percent:.1f} %"
    return f"{size(one.memory)}{limit}", busy, str(one.processes)


def _short(since: str) -> str:
    """Month, day and time of day: no sandbox grows old enough for a year."""
    return local_time(since)[5:16]


def _moment_shape(one: Moment) -> Document:
    return {"time": one.at, "source": one.source, "name": one.name, "text": one.text}


def _shown(one: Moment, *, named: bool) -> str:
    """One line; the container's name where lines of several stand below each other."""
    parts = (local_time(one.at)[5:], one.source.ljust(6), one_line(one.name) if named else "", one_line(one.text))
    return " ".join(part for part in parts if part)


def _print(one: Moment, context: Context) -> None:
    context.stdout.write((json.dumps(_moment_shape(one)) if context.json else _shown(one, named=True)) + "\n")
    context.stdout.flush()


def _milliseconds(iso: str) -> Milliseconds:
    return Milliseconds(max(0, int(datetime.fromisoformat(iso).astimezone(UTC).timestamp() * 1000)))

"""``nanoclaw profile``."""

import argparse
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.render import table
from nanoclaw.control.errors import DaemonBusyError
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_LONGEST = {"cpu": 300, "memory": 3600}
_TOP_MOST = 500


class ProfileFileError(NanoclawError):
    """The profile cannot be written where it was wanted."""


def add_parser(subparsers: "Subparsers") -> None:
    """Three actions."""
    parser = add_command(
        subparsers,
        "profile",
        "Look into the running assistant: what it works on, what fills its memory, where it stands. No text and no"
        " value of a variable is in what comes out.",
        "nanoclaw profile cpu --seconds 30 --output cpu.collapsed",
    )
    actions = add_choices(parser)
    cpu = add_command(
        actions,
        "cpu",
        "Show the functions that take most of the processor. Every thread is looked at a hundred times a second.",
        "nanoclaw profile cpu",
        "nanoclaw profile cpu --seconds 30 --output cpu.collapsed",
    )
    _add_seconds(cpu, "cpu")
    cpu.add_argument(
        "--output", metavar="FILE", help="write the stacks there, as programs that draw flame graphs read them"
    )
    memory = add_command(
        actions,
        "memory",
        "Show what the memory grows by, line by line, and which objects there are. What is allocated meanwhile is"
        " traced, which makes the assistant slower for that time.",
        "nanoclaw profile memory --seconds 60",
    )
    _add_seconds(memory, "memory")
    memory.add_argument("--top", metavar="N", type=int, default=20, help="lines and types, 1 to 500 (default: 20)")
    add_command(actions, "stacks", "Show where every thread and task stands right now.", "nanoclaw profile stacks")


def _add_seconds(parser: argparse.ArgumentParser, action: str) -> None:
    parser.add_argument(
        "--seconds", metavar="N", type=float, default=10.0, help=f"how long, at most {_LONGEST[action]} (default: 10)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``CpuProfile``, a ``MemoryProfile`` or a ``StackList``."""
    see = f"see: nanoclaw profile {arguments.action} --help"
    if arguments.action != "stacks":
        seconds = arguments.seconds
        if not math.isfinite(seconds) or not 0 < seconds <= _LONGEST[arguments.action]:
            raise UsageError(f"argument --seconds: more than 0, at most {_LONGEST[arguments.action]}", see)
    try:
        match arguments.action:
            case "cpu":
                return _cpu(context, arguments.seconds, arguments.output)
            case "memory":
                if not 1 <= arguments.top <= _TOP_MOST:
                    raise UsageError(f"argument --top: 1 to {_TOP_MOST}", see)
                return _memory(context, arguments.seconds, arguments.top)
            case _:
                return _stacks(context)
    except DaemonBusyError as error:
        hint = "If it hangs: kill -QUIT its process id; then logs/stacks.txt says where it stands."
        raise DaemonBusyError(str(error), hint=hint) from error


def _cpu(context: Context, seconds: float, output: str | None) -> Result:
    found = context.client.profile_cpu(seconds)
    clock = "of the processor" if found["by_processor"] else "by the clock, waiting included"
    head = (
        f"{found['looks']} looks in {found['seconds']:.1f} s; {found['busy_seconds']:.3f} s {clock};"
        f" looking took {found['cost_seconds']:.3f} s"
    )
    rows = [(f"{one['own_seconds']:.3f}", f"{one['total_seconds']:.3f}", one["function"]) for one in found["functions"]]
    notes: tuple[str, ...] = ()
    if output:
        _write(Path(output), found["collapsed"])
        notes = (f"written: {output}",)
    return Result(document=found, text=f"{head}\n\n{table(('OWN s', 'TOTAL s', 'FUNCTION'), rows)}", notes=notes)


def _write(path: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ProfileFileError(f"Cannot write {path}: {error.strerror}", hint="Choose another file.") from error


def _memory(context: Context, seconds: float, top: int) -> Result:
    found = context.client.profile_memory(seconds, top)
    head = (
        f"{found['seconds']:.1f} s; memory {found['resident_bytes']:,} bytes, {found['resident_bytes_before']:,} before"
        f"; tracing took {found['tracing_bytes']:,} bytes, counting stopped all else for {found['pause_seconds']:.3f} s"
    )
    places: list[dict[str, Any]] = found["allocations"]
    lines = table(
        ("BYTES", "BLOCKS", "GOT IN THAT TIME AND STILL HELD"),
        [(f"{one['bytes']:,}", f"{one['blocks']:,}", one["place"]) for one in places],
    )
    types = table(
        ("OBJECTS", "GROWN", "TYPE"),
        [(f"{one['count']:,}", f"{one['grown']:,}", one["type"]) for one in found["types"]],
    )
    return Result(document=found, text=f"{head}\n\n{lines}\n\n{types}")


def _stacks(context: Context) -> Result:
    found = context.client.profile_stacks()
    lines = [
        "\n".join([f"{kind} {one['name']}", *(f"  {call}" for call in one["calls"])])
        for kind, many in (("thread", found["threads"]), ("task", found["tasks"]))
        for one in many
    ]
    return Result(document=found, text="\n\n".join(lines))

"""``nanoclaw disk``."""

import argparse
import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_command
from nanoclaw.cli.render import size, table
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.operations.cleaning.disk import Part, Space
    from nanoclaw.sandboxes.contract import SandboxKind
    from nanoclaw.sandboxes.image.stale import AgentImage

_LONGEST = 3_600
_SHOWN = 10
_MANY = ("group", "conversations")


class NoHomeToMeasureError(NanoclawError):
    """There is no home at this place, or it cannot be read."""


def add_parser(subparsers: "Subparsers") -> None:
    """How much, and for how long."""
    parser = add_command(
        subparsers,
        "disk",
        "Show where the space goes: databases, groups, conversations, backups, logs, agent images, and what is free."
        " What could not be counted in time has a > before it.",
        "nanoclaw disk",
        "nanoclaw disk --all --seconds 300",
    )
    parser.add_argument(
        "--all", action="store_true", help=f"every group and conversation, not the {_SHOWN} largest only"
    )
    parser.add_argument(
        "--seconds", metavar="S", type=float, default=10.0, help="how long to count, up to 3600 (default: 10)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """The parts of the home, the images, and the disk."""
    from nanoclaw.operations.cleaning.disk import measure  # noqa: PLC0415 - quick, but only wanted here
    from nanoclaw.operations.containers.images import all_images  # noqa: PLC0415 - imports the sandboxes

    if not 0 < arguments.seconds <= _LONGEST:
        raise UsageError(f"argument --seconds: must be more than 0, up to {_LONGEST}", "see: nanoclaw disk --help")
    try:
        space = measure(context.home, context.clock.monotonic, arguments.seconds)
    except OSError as error:
        raise NoHomeToMeasureError(
            f"{context.home.root} cannot be read: {error.strerror}", hint="Name another home with --home."
        ) from error
    images = asyncio.run(all_images(context.home))
    document = {
        "home": str(context.home.root),
        "complete": space.complete,
        "bytes": space.bytes,
        "parts": [
            {
                "area": one.area,
                "name": one.name,
                "bytes": one.bytes,
                "entries": one.entries,
                "complete": one.complete,
            }
            for one in space.parts
        ],
        "images": [{"engine": kind, "image": one.name, "bytes": one.bytes} for kind, one in images],
        "free_bytes": space.free,
        "disk_bytes": space.disk,
    }
    return Result(document=document, text=_text(space, images, everything=arguments.all))


def _text(space: "Space", images: "Iterable[tuple[SandboxKind, AgentImage]]", *, everything: bool) -> str:
    few = [part for part in space.parts if part.area not in _MANY and part.entries]
    rows = [_row(part) for part in sorted(few, key=lambda one: one.bytes, reverse=True)]
    for area in _MANY:
        rows += _largest([part for part in space.parts if part.area == area], everything=everything)
    rows.append(("all of the home", _amount(space.bytes, complete=space.complete), ""))
    kinds: dict[str, list[int]] = {}
    for kind, one in images:
        kinds.setdefault(kind, []).append(one.bytes)
    rows += [(f"agent images ({kind})", size(sum(sizes)), f"{len(sizes):,}") for kind, sizes in kinds.items()]
    free = f"{size(space.free)} of {size(space.disk)} are free on this disk."
    return f"{table(('WHAT', 'SIZE', 'FILES'), rows)}\n{free}"


def _largest(parts: "list[Part]", *, everything: bool) -> list[tuple[str, str, str]]:
    parts = sorted(parts, key=lambda one: one.bytes, reverse=True)
    shown = parts if everything else parts[:_SHOWN]
    rest = parts[len(shown) :]
    rows = [_row(part) for part in shown]
    if rest:
        amount = _amount(sum(part.bytes for part in rest), complete=all(part.complete for part in rest))
        entries = sum(part.entries for part in rest)
        rows.append((f"{rest[0].area}: {len(rest):,} more", amount, f"{entries:,}"))
    return rows


def _row(part: "Part") -> tuple[str, str, str]:
    name = part.name if part.name == part.area else f"{part.area} {part.name}"
    return name, _amount(part.bytes, complete=part.complete), f"{part.entries:,}"


def _amount(amount: int, *, complete: bool) -> str:
    return size(amount) if complete else f"> {size(amount)}"

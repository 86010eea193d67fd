"""``nanoclaw clean``."""

import argparse
import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_command
from nanoclaw.cli.render import one_line, size, table
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.control.client import Document
    from nanoclaw.operations.cleaning.clean import Cleaned
    from nanoclaw.operations.cleaning.findings import Find


class NothingToCleanError(NanoclawError):
    """There is no home at this place."""


def add_parser(subparsers: "Subparsers") -> None:
    """One option."""
    parser = add_command(
        subparsers,
        "clean",
        "Clear away what is of no more use: stale sockets, temporary files, old logs and crash reports, conversations"
        " that are over and sent files once they are old, write-ahead logs, agent images of earlier versions. The"
        " settings under [clean] say how old. Safe while the assistant runs, which does the same once a week.",
        "nanoclaw clean --dry-run",
        "nanoclaw clean",
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would go, one by one")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """What was removed. Exit status 1 when something could not be."""
    from nanoclaw.cli.containers.reaching import alone  # noqa: PLC0415 - imports the sandboxes
    from nanoclaw.operations.cleaning.clean import Cleaning  # noqa: PLC0415 - the same
    from nanoclaw.settings.load import load_settings  # noqa: PLC0415 - imports pydantic

    if not context.home.root.is_dir():
        raise NothingToCleanError(f"{context.home.root} is not there", hint="Name another home with --home.")
    settings = load_settings(context.home)
    with alone(context) as free:
        work = Cleaning(context.home, settings, context.clock, alone=free, dry_run=arguments.dry_run)
        done = asyncio.run(work.run())
    return Result(
        document=_document(done, context),
        text=_text(done, context),
        notes=done.notes,
        exit=Exit.ERROR if done.failed else Exit.OK,
    )


def _document(done: "Cleaned", context: Context) -> "Document":
    return {
        "dry_run": done.dry_run,
        "bytes": done.bytes,
        "removed": [{"kind": one.kind, "path": str(one.path), "bytes": one.bytes} for one in done.removed],
        "failed": [{"kind": one.kind, "path": str(one.path), "problem": why} for one, why in done.failed],
        "logs": [{"database": one.database, "before": one.before, "after": one.after} for one in done.logs],
        "images": [{"engine": one.kind, "image": one.image.name, "bytes": one.image.bytes} for one in done.images],
        "notes": list(done.notes),
        "home": str(context.home.root),
    }


def _text(done: "Cleaned", context: Context) -> str:
    rows = _listed(done, context) if done.dry_run else _summed(done)
    rows += [(size(one.before - one.after), "write-ahead log", one.database) for one in done.logs]
    rows += [(size(one.image.bytes), "agent image", f"{one.image.name} ({one.kind})") for one in done.images]
    lines = [table(("SIZE", "KIND", "WHAT"), rows)] if rows else []
    lines += [f"Not removed: {_short(one, context)}: {why}" for one, why in done.failed]
    if rows:
        lines.append(f"{'That would free' if done.dry_run else 'Freed'} {size(done.bytes)}.")
    return "\n".join(lines) or "Nothing to clean."


def _listed(done: "Cleaned", context: Context) -> list[tuple[str, ...]]:
    return [(size(one.bytes), one.kind, _short(one, context)) for one in done.removed]


def _summed(done: "Cleaned") -> list[tuple[str, ...]]:
    counts = Counter(one.kind for one in done.removed)
    weights: Counter[str] = Counter()
    for one in done.removed:
        weights[one.kind] += one.bytes
    return [(size(weights[kind]), kind, f"{number:,} removed") for kind, number in sorted(counts.items())]


def _short(one: "Find", context: Context) -> str:
    path = one.path
    return one_line(str(path.relative_to(context.home.root) if context.home.root in path.parents else path))

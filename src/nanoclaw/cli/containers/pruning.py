"""Remove agent images that nothing needs."""

import argparse
import asyncio

from nanoclaw.cli.containers.looking import silent_shapes
from nanoclaw.cli.containers.reaching import notes_of, status_of
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.render import one_line, size
from nanoclaw.control.client import Document
from nanoclaw.operations.containers.images import Freed, Sought, Stale, free, seek
from nanoclaw.settings.home import Home


def prune_images(arguments: argparse.Namespace, context: Context) -> Result:
    """Say what is of no more use, and remove it unless only that was asked."""
    sought, freed = asyncio.run(_prune(context.home, dry_run=arguments.dry_run))
    verb = "Would remove" if arguments.dry_run else "Removed"
    lines = [f"{verb}: {one_line(one.image.name)} ({one.kind}, {size(one.image.bytes)})" for one in freed.removed]
    lines += [f"Not removed: {one_line(problem)}" for _, problem in freed.failed]
    if freed.removed:
        total = sum(one.image.bytes for one in freed.removed)
        lines.append(f"{'That would free' if arguments.dry_run else 'Freed'} about {size(total)}.")
    document = {
        "dry_run": arguments.dry_run,
        "removed": [image_shape(one) for one in freed.removed],
        "failed": [{**image_shape(one), "problem": problem} for one, problem in freed.failed],
        "silent": silent_shapes(sought.silent),
    }
    status = Exit.ERROR if freed.failed else status_of(sought.silent)
    text = "\n".join(lines) or "No image is of no more use."
    return Result(document=document, text=text, notes=notes_of(sought.silent), exit=status)


async def _prune(home: Home, *, dry_run: bool) -> tuple[Sought, Freed]:
    sought = await seek(home)
    return sought, Freed(removed=sought.stale, failed=()) if dry_run else await free(sought.stale)


def image_shape(one: Stale) -> Document:
    """An image as ``--json`` shows it."""
    return {"engine": one.kind, "image": one.image.name, "bytes": one.image.bytes, "created": one.image.created}

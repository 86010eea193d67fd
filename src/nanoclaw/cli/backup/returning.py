"""Bring back what a backup holds, or try out that it could be."""

import argparse
from pathlib import Path

from nanoclaw.cli.backup.opening import gently, open_for
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.progress import Bar
from nanoclaw.cli.render import local_time, one_line, size
from nanoclaw.daemon.lock import hold
from nanoclaw.operations.backup.drill import drill as run_drill
from nanoclaw.operations.backup.opening import Opened
from nanoclaw.operations.backup.restore import Choice, Way, restore_to
from nanoclaw.operations.backup.restore import restore as restore_home
from nanoclaw.operations.backup.shapes import restored_shape
from nanoclaw.operations.backup.times import parse_moment
from nanoclaw.settings.home import mount_allowlist


def restore(arguments: argparse.Namespace, context: Context) -> Result:
    """Put it back."""
    opened = open_for(arguments, context)
    at = parse_moment(arguments.at, opened.zone) if arguments.at else None
    choice = Choice(snapshot=arguments.snapshot, at=at, only=tuple(arguments.only))
    with Bar(context.stderr) as bar:
        way = _way(opened, context, bar)
        done = restore_to(way, choice, Path(arguments.to).absolute()) if arguments.to else restore_home(way, choice)
    document = restored_shape(done)
    places = ", ".join(one_line(path) for path in done.paths)
    lines = [f"Restored {done.files:,} files, {size(done.size)}, as of {local_time(document['at'])}: {places}."]
    if done.rows:
        lines.append("The databases are sound and hold the rows they held.")
    if done.saved:
        lines.append(f"What was there before is in {done.saved}. Remove it when all is well.")
    if not arguments.to:
        again = " Replies that waited in the backup are sent again." if done.rows else ""
        lines.append(f"Next: `nanoclaw run`, then `nanoclaw status`.{again}")
    return Result(document=document, text="\n".join(lines), notes=opened.notes)


def drill(arguments: argparse.Namespace, context: Context) -> Result:
    """Try it out."""
    gently(arguments)
    opened = open_for(arguments, context)
    with Bar(context.stderr) as bar:
        way = _way(opened, context, bar)
        done = run_drill(way, Choice(snapshot=arguments.snapshot), context.daemon_command, context.environment)
    rows = {path: sum(tables.values()) for path, tables in done.restored.rows.items()}
    document = {
        "ok": True,
        "snapshot": str(done.restored.snapshot.name),
        "files": done.restored.files,
        "bytes": done.restored.size,
        "rows": done.restored.rows,
        "groups": done.groups,
        "restore_seconds": round(done.restore_seconds, 3),
        "start_seconds": round(done.start_seconds, 3),
    }
    what = f"{document['snapshot']}: {done.restored.files:,} files, {size(done.restored.size)}"
    lines = [
        f"Restored {what}, into a scratch home, in {done.restore_seconds:.1f} s.",
        *(f"{path} is sound and holds the {count:,} rows it held." for path, count in rows.items()),
        f"A daemon started on it in {done.start_seconds:.1f} s and knows {done.groups} groups. Nothing is left of it.",
    ]
    return Result(document=document, text="\n".join(lines), notes=opened.notes)


def _way(opened: Opened, context: Context, bar: Bar) -> Way:
    return Way(
        repository=opened.repository,
        home=context.home,
        mount_allowlist=mount_allowlist(),
        clock=context.clock,
        hold=hold,
        progress=bar.show,
    )

"""Make backups, thin them out, and say when they are made."""

import argparse
import os
import shlex
from contextlib import suppress
from pathlib import Path

from nanoclaw import __version__
from nanoclaw.cli.backup.opening import gently, open_for
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.progress import Bar
from nanoclaw.cli.render import count, local_time, one_line, size, table
from nanoclaw.daemon.lock import hold
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.copies import replicate
from nanoclaw.operations.backup.create import Surroundings
from nanoclaw.operations.backup.create import create as create_one
from nanoclaw.operations.backup.opening import Opened, open_backups, policy_of, times_of
from nanoclaw.operations.backup.prune import prune as thin_out
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.schedule import WEEKDAYS, newest
from nanoclaw.operations.backup.shapes import Document, created_shape, iso
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.state import DRILL, VERIFY, read_outcome, watch_digest, write_watched
from nanoclaw.operations.backup.swap import finish, is_pending
from nanoclaw.operations.backup.vault import FolderVault
from nanoclaw.settings.home import mount_allowlist

_SCHEDULED = (Kind.HOURLY, Kind.DAILY, Kind.WEEKLY)


def create(arguments: argparse.Namespace, context: Context) -> Result:
    """A backup, and its copies."""
    gently(arguments)
    opened = open_backups(context.home, context.clock, to_write=True)
    if is_pending(context.home):
        with hold(context.home.lock):
            finish(context.home)
    # Looked at before: what changes meanwhile is not in it for sure.
    watched = watch_digest(context.home, mount_allowlist())
    with Bar(context.stderr) as bar:
        around = Surroundings(
            clock=context.clock,
            program=__version__,
            mount_allowlist=mount_allowlist(),
            leave_free=opened.leave_free,
            progress=bar.show,
        )
        created = create_one(opened.repository, context.home, Kind(arguments.kind), around)
        with suppress(OSError):  # The backup is made; without the note another one follows sooner.
            write_watched(context.home, watched)
        copies = [_copy(opened, Path(place), context, bar) for place in opened.settings.backup.copies]
    document = {**created_shape(created), "copies": copies}
    shown = document["snapshot"]
    lock = "encrypted" if shown["encrypted"] else "NOT encrypted"
    cost = f"Took {created.seconds:.1f} s and {size(created.tally.written)} of disk."
    lines = [
        f"Made {shown['name']}: {shown['files']:,} files, {size(shown['bytes'])}, {lock}. {cost}",
        *(f"Copied to {one['place']}: {count(one['snapshots'], 'backup')}." for one in copies if not one["error"]),
    ]
    notes = [f"left out: {one_line(one['path'], 200)}: {one['why']}" for one in shown["skipped"]]
    notes += [f"NOT copied to {one['place']}: {one['error']}" for one in copies if one["error"]]
    failed = any(one["error"] for one in copies)
    return Result(document=document, text="\n".join(lines), notes=tuple(notes), exit=Exit.ERROR if failed else Exit.OK)


def prune(arguments: argparse.Namespace, context: Context) -> Result:
    """What went; in the home and in its copies."""
    opened = open_for(arguments, context)
    repositories = [opened.repository]
    if not arguments.place:
        copies = [Path(place) for place in opened.settings.backup.copies]
        repositories += [_at(opened, place, context) for place in copies if (place / "snapshots").is_dir()]
    places: list[Document] = []
    lines = []
    for repository in repositories:
        done = thin_out(
            repository, policy_of(opened.settings), context.clock.now(), opened.zone, dry_run=arguments.dry_run
        )
        places.append(
            {
                "place": repository.vault.place,
                "removed": [str(name) for name in done.removed],
                "kept": [str(name) for name in done.kept],
                "chunks": done.chunks,
                "freed_bytes": done.freed,
                "unreadable": [str(name) for name in done.unreadable],
            }
        )
        would = "Would remove" if arguments.dry_run else "Removed"
        lines.append(
            f"{repository.vault.place}: {would} {count(len(done.removed), 'backup')} and {count(done.chunks, 'chunk')}"
            f" ({size(done.freed)} freed); {count(len(done.kept), 'backup')} kept."
        )
        if done.unreadable:
            lines.append(f"  {len(done.unreadable)} cannot be read, so no chunk was removed: see backup verify")
    return Result(document={"dry_run": arguments.dry_run, "places": places}, text="\n".join(lines), notes=opened.notes)


def schedule(arguments: argparse.Namespace, context: Context) -> Result:
    """When backups are made; or lines for cron."""
    opened = open_backups(context.home, context.clock)
    if arguments.print_cron:
        lines = _cron_lines(opened, context)
        return Result(document={"lines": lines}, text="\n".join(lines), notes=opened.notes)
    names, now, times = opened.repository.names(), context.clock.now(), times_of(opened.settings)
    enabled, due = opened.settings.backup.enabled, times.due(names, now)
    shapes: list[Document] = []
    nexts = []
    for kind in _SCHEDULED:
        last = newest([name for name in names if name.at <= now], kind)
        shapes.append({"kind": kind, "last": iso(last.at) if last else None, "next": iso(times.next(kind, now))})
        nexts.append("now" if kind is due else local_time(shapes[-1]["next"]))
    for what in (VERIFY, DRILL):
        outcome = read_outcome(context.home, what)
        shapes.append(
            {"kind": what, "last": iso(outcome.at) if outcome else None, "next": iso(times.next(Kind.WEEKLY, now))}
        )
        over = times.week_is_over(outcome.at if outcome else None, now)
        nexts.append("now" if over else local_time(shapes[-1]["next"]))
    rows = [
        (one["kind"], local_time(one["last"]), at if enabled else "off") for one, at in zip(shapes, nexts, strict=True)
    ]
    text = table(("WHAT", "LAST", "NEXT"), rows)
    if enabled and due is not None:
        text += f"\n\nOne is due ({due}): a running daemon makes it within minutes."
    return Result(
        document={"enabled": enabled, "due": due, "schedule": shapes, "copies": list(opened.settings.backup.copies)},
        text=text,
        notes=opened.notes,
    )


def _copy(opened: Opened, place: Path, context: Context, bar: Bar) -> Document:
    """One place that cannot be reached is no reason to leave out the next."""
    shape: Document = {"place": str(place), "snapshots": 0, "written_bytes": 0, "error": None}
    try:
        done = replicate(opened.repository, _at(opened, place, context), bar.show)
    except NanoclawError as error:
        return {**shape, "error": f"{error}. {error.hint}"}
    return {**shape, "snapshots": done.snapshots, "written_bytes": done.written}


def _at(opened: Opened, place: Path, context: Context) -> Repository:
    vault = FolderVault(place, leave_free=opened.leave_free, must_exist=True)
    return Repository(vault, opened.repository.ring.secret, context.clock)


def _cron_lines(opened: Opened, context: Context) -> list[str]:
    command = " ".join(map(shlex.quote, (*context.daemon_command, "--home", str(context.home.root), "backup")))
    command = command.replace("%", "\\%")
    backup = opened.settings.backup
    weekday = (WEEKDAYS.index(backup.weekly_day) + 1) % 7
    return [
        "# With these lines in a crontab, set enabled = false under [backup] in config.toml.",
        f"7 * * * * {command} create --kind hourly --gently --json >{os.devnull}",
        f"17 {backup.daily_hour} * * * {command} create --kind daily --gently --json >{os.devnull} && {command} prune",
        f"37 {backup.daily_hour} * * {weekday} {command} create --kind weekly --gently --json >{os.devnull}",
        f"57 {backup.daily_hour} * * {weekday} {command} verify --repair --gently && {command} drill --gently",
    ]

"""``nanoclaw backup``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nanoclaw import __version__
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_choices, add_command
from nanoclaw.cli.progress import Bar
from nanoclaw.cli.render import local_time, one_line, table
from nanoclaw.settings.home import mount_allowlist

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Parser, Subparsers
    from nanoclaw.operations.backup.opening import Opened

_KINDS = ("manual", "hourly", "daily", "weekly", "change")


def add_parser(subparsers: "Subparsers") -> None:
    """Eight actions."""
    parser = add_command(
        subparsers,
        "backup",
        "Make, check and restore backups of the home folder. The daemon makes them by itself; everything here works"
        " while it is stopped, and all but restore while it runs.",
        "nanoclaw backup create",
        "nanoclaw backup restore --at '2026-11-25 10:00'",
    )
    actions = add_choices(parser)
    _add_create(actions)
    _add_readers(actions)
    _add_restore(actions)


def _add_create(actions: "Subparsers") -> None:
    create = add_command(
        actions,
        "create",
        "Make a backup now: databases, logins, groups, conversations and configuration, with the keys in .env. What did"
        " not change takes no room again.",
        "nanoclaw backup create",
        "nanoclaw backup create --kind daily --gently",
    )
    create.add_argument(
        "--kind",
        choices=_KINDS,
        default="manual",
        help="which policy keeps it; daily and weekly read all again, change takes only logins and configuration",
    )
    create.add_argument("--gently", action="store_true", help="at low priority, as the daemon does it")


def _add_readers(actions: "Subparsers") -> None:
    _reads(add_command(actions, "list", "List the backups, oldest first.", "nanoclaw backup list"))
    show = add_command(
        actions,
        "show",
        "Show what a backup holds.",
        "nanoclaw backup show",
        "nanoclaw backup show 0a1b2c --files groups/family",
    )
    _names(show)
    show.add_argument("--files", metavar="PATH", nargs="?", const="", default=None, help="list files, below PATH")
    _reads(show)
    verify = add_command(
        actions,
        "verify",
        "Read every backup again and check every byte. Status 1 if something is missing or damaged.",
        "nanoclaw backup verify",
        "nanoclaw backup verify --repair",
    )
    verify.add_argument("snapshot", metavar="BACKUP", nargs="?", default=None, help="only this one")
    verify.add_argument(
        "--repair", action="store_true", help="set damaged parts aside: the next backup writes them anew if it can"
    )
    _reads(verify)


def _add_restore(actions: "Subparsers") -> None:
    restore = add_command(
        actions,
        "restore",
        "Put the home back as it was in a backup. The daemon must be stopped. What is replaced is kept, and named.",
        "nanoclaw backup restore",
        "nanoclaw backup restore --at '2026-11-25 10:00' --only databases",
        "nanoclaw backup restore --only groups/family --to /tmp/look",
    )
    _names(restore)
    restore.add_argument("--at", metavar="TIME", default=None, help="the newest backup that is not younger, local time")
    restore.add_argument(
        "--only",
        metavar="PART",
        action="append",
        default=[],
        help="databases, auth, groups, sessions, config, or a path such as groups/family; may be repeated",
    )
    restore.add_argument("--to", metavar="FOLDER", default=None, help="into an empty folder instead of the home")
    _reads(restore)


def _names(parser: "Parser") -> None:
    parser.add_argument(
        "snapshot",
        metavar="BACKUP",
        nargs="?",
        default=None,
        help="its name, the beginning of it, or its last six digits; default: the newest",
    )


def _reads(parser: "Parser") -> None:
    parser.add_argument(
        "--from", metavar="FOLDER", dest="place", default=None, help="the backups in another folder, such as a copy"
    )
    parser.add_argument("--key-file", metavar="FILE", default=None, help="what they were encrypted with")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """Each action's own document."""
    match arguments.action:
        case "create":
            return _create(arguments, context)
        case "list":
            return _list(arguments, context)
        case "show":
            return _show(arguments, context)
        case "verify":
            return _verify(arguments, context)
        case _:
            return _restore(arguments, context)


def _create(arguments: argparse.Namespace, context: Context) -> Result:
    from nanoclaw.operations.backup.create import Surroundings, create  # noqa: PLC0415 - heavy, and only for this
    from nanoclaw.operations.backup.opening import open_backups  # noqa: PLC0415 - as above
    from nanoclaw.operations.backup.shapes import created_shape  # noqa: PLC0415 - as above
    from nanoclaw.operations.backup.snapshot import Kind  # noqa: PLC0415 - as above

    opened = open_backups(context.home, context.clock, to_write=True)
    with Bar(context.stderr) as bar:
        around = Surroundings(
            clock=context.clock,
            program=__version__,
            mount_allowlist=mount_allowlist(),
            leave_free=opened.leave_free,
            progress=bar.show,
        )
        created = create(opened.repository, context.home, Kind(arguments.kind), around)
    document = created_shape(created)
    shown = document["snapshot"]
    lock = "encrypted" if shown["encrypted"] else "NOT encrypted"
    text = (
        f"Made {shown['name']}: {shown['files']:,} files, {_size(shown['bytes'])}, {lock}."
        f" Took {created.seconds:.1f} s and {_size(created.tally.written)} of disk."
    )
    notes = tuple(f"left out: {one_line(one['path'], 200)}: {one['why']}" for one in shown["skipped"])
    return Result(document=document, text=text, notes=notes)


def _list(arguments: argparse.Namespace, context: Context) -> Result:
    from nanoclaw.operations.backup.errors import BackupError  # noqa: PLC0415 - heavy, and only for this
    from nanoclaw.operations.backup.shapes import name_shape  # noqa: PLC0415 - as above

    opened = _open(arguments, context)
    repository, shapes = opened.repository, []
    for name in repository.names():
        try:
            encrypted: bool | None = repository.is_sealed(name)
        except BackupError:
            encrypted = None
        shapes.append(name_shape(name, encrypted=encrypted))
    lock = {True: "yes", False: "no", None: "unreadable"}
    rows = [(local_time(one["at"]), one["kind"], lock[one["encrypted"]], one["name"]) for one in shapes]
    text = table(("WHEN", "KIND", "ENCRYPTED", "NAME"), rows) if rows else "No backups."
    return Result(document={"place": repository.vault.place, "snapshots": shapes}, text=text, notes=opened.notes)


def _show(arguments: argparse.Namespace, context: Context) -> Result:
    from nanoclaw.operations.backup.restore import chosen  # noqa: PLC0415 - heavy, and only for this
    from nanoclaw.operations.backup.shapes import entry_shapes, snapshot_shape  # noqa: PLC0415 - as above

    opened = _open(arguments, context)
    repository = opened.repository
    snapshot, _ = repository.read(repository.find(arguments.snapshot, None, frozenset()))
    document = snapshot_shape(snapshot)
    if arguments.files is not None:
        document["entries"] = entry_shapes(chosen(snapshot, (arguments.files,) if arguments.files else ()))
        rows = [
            (one["mode"], f"{one['bytes']:,}", local_time(one["modified"]), one["path"]) for one in document["entries"]
        ]
        return Result(document=document, text=table(("MODE", "BYTES", "MODIFIED", "PATH"), rows), notes=opened.notes)
    lines = [
        ("name", document["name"]),
        ("made", f"{local_time(document['at'])} by nanoclaw {document['program']} of {document['home']}"),
        ("parts", ", ".join(document["parts"])),
        ("encrypted", "yes" if document["encrypted"] else "no"),
        ("files", f"{document['files']:,}, {_size(document['bytes'])}"),
        *(
            ("database", f"{path}: {sum(one['rows'].values()):,} rows in {len(one['rows'])} tables")
            for path, one in document["databases"].items()
        ),
        *(("left out", f"{one['path']}: {one['why']}") for one in document["skipped"]),
    ]
    text = "\n".join(f"{head + ':':<11}{one_line(value)}" for head, value in lines)
    return Result(document=document, text=text, notes=opened.notes)


def _verify(arguments: argparse.Namespace, context: Context) -> Result:
    from nanoclaw.operations.backup.shapes import verified_shape  # noqa: PLC0415 - heavy, and only for this
    from nanoclaw.operations.backup.verify import verify  # noqa: PLC0415 - as above

    opened = _open(arguments, context)
    repository = opened.repository
    names = [repository.find(arguments.snapshot, None, frozenset())] if arguments.snapshot else None
    with Bar(context.stderr) as bar:
        found = verify(repository, names, repair=arguments.repair, progress=bar.show)
    lines = [f"{one.snapshot}: {one.what}: {', '.join(one.files)}".rstrip(": ") for one in found.problems]
    if found.set_aside:
        lines.append(
            f"{found.set_aside:,} damaged chunks were set aside. Make a backup now: what is still there heals."
        )
    good = f"{found.snapshots:,} backups of {found.chunks:,} chunks, {_size(found.size)}: "
    lines.append(good + ("NOT ALL WHOLE." if found.problems else "every byte is as it was written."))
    return Result(
        document=verified_shape(found),
        text="\n".join(one_line(line) for line in lines),
        exit=Exit.ERROR if found.problems else Exit.OK,
        notes=opened.notes,
    )


def _restore(arguments: argparse.Namespace, context: Context) -> Result:
    from nanoclaw.daemon.lock import hold  # noqa: PLC0415 - heavy, and only for this
    from nanoclaw.operations.backup.restore import Choice, Way, restore, restore_to  # noqa: PLC0415 - as above
    from nanoclaw.operations.backup.shapes import restored_shape  # noqa: PLC0415 - as above
    from nanoclaw.operations.backup.times import parse_moment  # noqa: PLC0415 - as above

    opened = _open(arguments, context)
    at = parse_moment(arguments.at, opened.zone) if arguments.at else None
    choice = Choice(snapshot=arguments.snapshot, at=at, only=tuple(arguments.only))
    with Bar(context.stderr) as bar:
        way = Way(
            repository=opened.repository,
            home=context.home,
            mount_allowlist=mount_allowlist(),
            clock=context.clock,
            hold=hold,
            progress=bar.show,
        )
        done = restore_to(way, choice, Path(arguments.to).absolute()) if arguments.to else restore(way, choice)
    document = restored_shape(done)
    places = ", ".join(one_line(path) for path in done.paths)
    lines = [f"Restored {done.files:,} files, {_size(done.size)}, as of {local_time(document['at'])}: {places}."]
    if done.rows:
        lines.append("The databases are sound and hold the rows they held.")
    if done.saved:
        lines.append(f"What was there before is in {done.saved}. Remove it when all is well.")
    if not arguments.to:
        lines.append("Next: `nanoclaw run`, then `nanoclaw status`. Replies that waited in the backup are sent again.")
    return Result(document=document, text="\n".join(lines), notes=opened.notes)


def _open(arguments: argparse.Namespace, context: Context) -> "Opened":
    from nanoclaw.operations.backup.opening import open_backups  # noqa: PLC0415 - heavy, and only for this

    place, key = arguments.place, arguments.key_file
    return open_backups(
        context.home,
        context.clock,
        place=Path(place).absolute() if place else None,
        key_file=Path(key).absolute() if key else None,
    )


def _size(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"

"""Look at backups: list, show, verify."""

import argparse
from contextlib import suppress

from nanoclaw.cli.backup.opening import gently, open_for
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.progress import Bar
from nanoclaw.cli.render import count, local_time, one_line, size, table
from nanoclaw.operations.backup.errors import BackupError
from nanoclaw.operations.backup.restore import chosen
from nanoclaw.operations.backup.shapes import entry_shapes, name_shape, snapshot_shape, verified_shape
from nanoclaw.operations.backup.state import VERIFY, Outcome, write_outcome
from nanoclaw.operations.backup.verify import verify as verify_all


def listing(arguments: argparse.Namespace, context: Context) -> Result:
    """All there are; no key is needed."""
    opened = open_for(arguments, context)
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


def show(arguments: argparse.Namespace, context: Context) -> Result:
    """What one holds."""
    opened = open_for(arguments, context)
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
        ("files", f"{document['files']:,}, {size(document['bytes'])}"),
        *(
            ("database", f"{path}: {sum(one['rows'].values()):,} rows in {len(one['rows'])} tables")
            for path, one in document["databases"].items()
        ),
        *(("left out", f"{one['path']}: {one['why']}") for one in document["skipped"]),
    ]
    text = "\n".join(f"{head + ':':<11}{one_line(value)}" for head, value in lines)
    return Result(document=document, text=text, notes=opened.notes)


def verify(arguments: argparse.Namespace, context: Context) -> Result:
    """Whether all are whole."""
    gently(arguments)

    opened = open_for(arguments, context)
    repository = opened.repository
    names = [repository.find(arguments.snapshot, None, frozenset())] if arguments.snapshot else None
    with Bar(context.stderr) as bar:
        found = verify_all(repository, names, repair=arguments.repair, progress=bar.show)
    if names is None and not arguments.place and found.snapshots:
        text = "; ".join(f"{one.snapshot}: {one.what}" for one in found.problems)
        with suppress(OSError):  # That it could not be noted is no reason not to tell it.
            write_outcome(
                context.home, VERIFY, Outcome(at=context.clock.now(), ok=not found.problems, text=text[:2000])
            )
    lines = [f"{one.snapshot}: {one.what}: {', '.join(one.files)}".rstrip(": ") for one in found.problems]
    if found.set_aside:
        lines.append(
            f"{found.set_aside:,} damaged chunks were set aside. Make a backup now: what is still there heals."
        )
    good = f"{count(found.snapshots, 'backup')} of {count(found.chunks, 'chunk')}, {size(found.size)}: "
    lines.append(good + ("NOT ALL WHOLE." if found.problems else "every byte is as it was written."))
    if not found.snapshots:
        lines = [f"There are no backups in {repository.vault.place}: nothing was checked."]
    return Result(
        document=verified_shape(found),
        text="\n".join(one_line(line) for line in lines),
        exit=Exit.OK if found.snapshots and not found.problems else Exit.ERROR,
        notes=opened.notes,
    )

"""Change the databases. What moves a file holds the home's lock, so that no daemon runs meanwhile."""

import argparse
from pathlib import Path

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.databases import looking
from nanoclaw.cli.databases.looking import chosen_databases
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.render import one_line, table
from nanoclaw.daemon.lock import hold
from nanoclaw.operations.backup.swap import finish
from nanoclaw.operations.databases.names import NamedDatabase, database
from nanoclaw.operations.databases.replacing import load_dump, recover, recover_in_place
from nanoclaw.store.salvage import Salvaged
from nanoclaw.store.survey import shorten_log
from nanoclaw.store.upkeep import optimize, vacuum


def change(arguments: argparse.Namespace, context: Context) -> Result:
    """A statement that changes things; the daemon must be stopped."""
    with hold(context.home.lock):
        finish(context.home)
        return looking.query(arguments, context, write=True)


def shrink(arguments: argparse.Namespace, context: Context) -> Result:
    """Write the files anew without gaps; the daemon must be stopped."""
    shapes = []
    with hold(context.home.lock):
        finish(context.home)
        for which in chosen_databases(arguments, context):
            before = which.path.stat().st_size
            vacuum(which.path)
            shapes.append({"database": which.name, "before": before, "after": which.path.stat().st_size})
    lines = [f"{one['database']}: {one['before']:,} bytes before, {one['after']:,} now" for one in shapes]
    return Result(document={"databases": shapes}, text="\n".join(lines))


def renew_statistics(arguments: argparse.Namespace, context: Context) -> Result:
    """What SQLite knows of the tables' sizes."""
    names = []
    for which in chosen_databases(arguments, context):
        optimize(which.path)
        names.append(which.name)
    return Result(document={"databases": names}, text=f"Done: {', '.join(names)}.")


def checkpoint(arguments: argparse.Namespace, context: Context) -> Result:
    """Fold the logs into the files."""
    shapes = [
        {"database": one.name, "log_bytes": shorten_log(one.path)} for one in chosen_databases(arguments, context)
    ]
    lines = [
        f"{one['database']}: the log is empty"
        if not one["log_bytes"]
        else f"{one['database']}: {one['log_bytes']:,} bytes stay in the log, because someone reads an older state"
        for one in shapes
    ]
    return Result(document={"databases": shapes}, text="\n".join(lines))


def load(arguments: argparse.Namespace, context: Context) -> Result:
    """Replace a database by what was dumped; the daemon must be stopped."""
    which = database(context.home, arguments.database)
    context.home.create()
    with hold(context.home.lock):
        finish(context.home)
        kept = load_dump(context.home, which, Path(arguments.file), context.clock)
    return _replaced({"database": which.name}, kept)


def rescue(arguments: argparse.Namespace, context: Context) -> Result:
    """Save what can be read of a damaged database."""
    which = database(context.home, arguments.database)
    if not arguments.replace:
        target = Path(arguments.output or context.home.root / f"{which.name}.recovered.db").absolute()
        return _saved(which, recover(which, target), target, None)
    with hold(context.home.lock):
        finish(context.home)
        found, kept = recover_in_place(context.home, which, context.clock)
    return _saved(which, found, which.path, kept)


def _saved(which: NamedDatabase, found: tuple[Salvaged, ...], target: Path, kept: Path | None) -> Result:
    document = {
        "path": str(target),
        "kept": str(kept) if kept else None,
        "tables": [
            {
                "name": one.table,
                "saved": one.kept,
                "lost": one.lost,
                "refused": one.refused,
                "unreadable": [list(span) for span in one.ranges],
            }
            for one in found
        ],
    }
    rows = [
        (one.table, f"{one.kept:,}", "unknown" if one.lost is None else f"{one.lost + one.refused:,}", _spans(one))
        for one in found
    ]
    lines = [
        table(("TABLE", "SAVED", "LOST", "ROW IDS THAT CANNOT BE READ"), rows),
        "",
        f"Saved: {one_line(str(target))}",
    ]
    if kept:
        lines.append(f"The damaged file is kept in {kept}. Next: `nanoclaw db check`, then `nanoclaw run`.")
    else:
        command = f"nanoclaw db recover --database {which.name} --replace"
        lines.append(f"Nothing was replaced. `{command}` puts it in place, while nothing runs.")
    whole = all(not one.ranges and not one.refused for one in found)
    return Result(document=document, text="\n".join(lines), exit=Exit.OK if whole else Exit.ERROR)


def _spans(one: Salvaged) -> str:
    shown = [f"{first}-{last}" if first != last else str(first) for first, last in one.ranges]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")


def _replaced(document: dict[str, str], kept: Path | None) -> Result:
    text = f"Loaded. What was there before is in {kept}." if kept else "Loaded."
    return Result(document={**document, "kept": str(kept) if kept else None}, text=f"{text} Next: `nanoclaw run`.")

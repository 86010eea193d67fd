"""``nanoclaw upgrade``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_command
from nanoclaw.cli.render import local_time, one_line, table
from nanoclaw.control.errors import ControlError, DaemonDownError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.operations.upgrade.outlook import Outlook

_MIB = 2**20


def add_parser(subparsers: "Subparsers") -> None:
    """Two ways other than forward."""
    parser = add_command(
        subparsers,
        "upgrade",
        "Bring the databases to this version of the program. Copies are changed and checked, then take the place of the"
        " old files, which are kept. The next start of the assistant does the same by itself; it must be stopped for"
        " this.",
        "nanoclaw upgrade --check",
        "nanoclaw upgrade",
        "nanoclaw upgrade --rollback",
    )
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--check", action="store_true", help="only say what would change; exit status 1 when it cannot be done"
    )
    ways.add_argument(
        "--rollback",
        action="store_true",
        help="put the databases from before the last upgrade back, for an older program",
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """What would change, or was changed."""
    if arguments.check:
        return _check(context)
    return _roll_back(context) if arguments.rollback else _upgrade(context)


def _check(context: Context) -> Result:
    from nanoclaw.operations.upgrade.outlook import look_ahead  # noqa: PLC0415 - imports SQLite

    outlook = look_ahead(context.home)
    running = _runs(context)
    fits = not outlook.due or outlook.free >= outlook.least
    possible = fits and not outlook.newer
    document = {**_shape(outlook), "needs_bytes": outlook.needs, "free_bytes": outlook.free}
    document |= {"running": running, "due": outlook.due, "possible": possible}
    lines = [_versions(outlook), "", _schemas(outlook), ""]
    if outlook.newer:
        lines.append(
            "A database is newer than this program, which does not start on it. Use the newer program, or"
            " `nanoclaw upgrade --rollback`."
        )
    elif not outlook.due:
        lines.append("Nothing is to be done.")
    else:
        room = f"needs up to {_mib(outlook.needs)}, {_mib(outlook.free)} are free"
        lines.append(f"An upgrade {room}{'' if fits else ': too little'}.")
        lines.append("The assistant runs: `nanoclaw stop`, then `nanoclaw upgrade`." if running else _next())
    return Result(document=document, text="\n".join(lines), exit=Exit.OK if possible else Exit.ERROR)


def _upgrade(context: Context) -> Result:
    from nanoclaw.daemon.lock import hold  # noqa: PLC0415 - as below
    from nanoclaw.operations.upgrade.outlook import look_ahead  # noqa: PLC0415 - imports SQLite
    from nanoclaw.operations.upgrade.perform import upgrade  # noqa: PLC0415 - imports SQLite

    if not context.home.root.exists():
        return Result(document={"changed": False}, text="There is no home folder yet: nothing is to be done.")
    context.home.create()
    with hold(context.home.lock):
        done = upgrade(context.home, context.clock)
        after = look_ahead(context.home)
    if done is None:
        return Result(document={"changed": False, **_shape(after)}, text="Nothing is to be done.")
    document = {"changed": True, **_shape(done.before), "kept": str(done.kept)}
    lines = [
        _schemas(done.before),
        "",
        f"Done. The databases from before are in {one_line(str(done.kept))}; the last two are kept.",
        "Next: `nanoclaw run`. Back: `nanoclaw upgrade --rollback`.",
    ]
    return Result(document=document, text="\n".join(lines))


def _roll_back(context: Context) -> Result:
    from nanoclaw.daemon.lock import hold  # noqa: PLC0415 - as below
    from nanoclaw.operations.upgrade.errors import NoRollbackError  # noqa: PLC0415 - as below
    from nanoclaw.operations.upgrade.perform import rollback  # noqa: PLC0415 - imports SQLite

    if not context.home.root.exists():
        raise NoRollbackError(f"There is no home folder {context.home.root}", hint="Name it with --home.")
    context.home.create()
    with hold(context.home.lock):
        done = rollback(context.home, context.clock)
    document = {"changed": True, "schemas": done.schemas, "since": done.since, "kept": str(done.kept)}
    schemas = ", ".join(f"{name} {schema}" for name, schema in done.schemas.items())
    lines = [
        f"The databases are as they were before the upgrade of {local_time(done.since)}: schema of {schemas}.",
        "What was received, answered and scheduled since then is NOT in them, but in the files that they replaced.",
        f"Those are kept: {one_line(str(done.kept))}.",
        "Replies that waited then are sent again.",
        "Now install the older program: this one upgrades them at its next start.",
    ]
    return Result(document=document, text="\n".join(lines))


def _runs(context: Context) -> bool:
    try:
        context.client.status()
    except DaemonDownError:
        return False
    except ControlError:
        pass
    return True


def _shape(outlook: "Outlook") -> dict[str, Any]:
    return {
        "version": outlook.version,
        "last_version": outlook.last_version,
        "databases": [
            {"name": step.name, "schema": step.now, "new_schema": step.new, "bytes": step.bytes}
            for step in outlook.steps
        ],
    }


def _versions(outlook: "Outlook") -> str:
    before = f"; the last that ran here was {one_line(outlook.last_version)}" if outlook.last_version else ""
    return f"This is nanoclaw {outlook.version}{before}."


def _schemas(outlook: "Outlook") -> str:
    rows = [
        (step.name, str(step.now) if step.now else "not there yet", str(step.new), _mib(step.bytes))
        for step in outlook.steps
    ]
    return table(("DATABASE", "SCHEMA", "THIS PROGRAM'S", "SIZE"), rows)


def _next() -> str:
    return "`nanoclaw upgrade` does it now; else the next start of the assistant does."


def _mib(size: int) -> str:
    return f"{size / _MIB:,.1f} MiB"

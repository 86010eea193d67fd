"""``nanoclaw db``."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_NAMES = ("messages", "tasks")
_MOST = 100_000
_LONGEST = 3_600


def add_parser(subparsers: "Subparsers") -> None:
    """Eleven actions."""
    parser = add_command(
        subparsers,
        "db",
        "Look after the two databases. Looking is safe while the assistant runs; vacuum, load, recover --replace and"
        " query --write want it stopped.",
        "nanoclaw db check",
        "nanoclaw db query 'SELECT state, count(*) FROM turns GROUP BY state'",
    )
    actions = add_choices(parser)
    for verb, description in (
        ("check", "Check every page and index. Exit status 1 when something is damaged."),
        ("stats", "Show sizes and rows."),
        ("tables", "List the tables."),
        ("vacuum", "Write the files anew without gaps. Takes their size once more meanwhile."),
        ("optimize", "Renew what SQLite knows about its tables, so that it finds things quickly."),
        ("checkpoint", "Fold the write-ahead logs into the files, and empty them."),
    ):
        _either(add_command(actions, verb, description, f"nanoclaw db {verb}"))
    schema = _either(add_command(actions, "schema", "Print the SQL of the tables.", "nanoclaw db schema turns"))
    schema.add_argument("table", metavar="TABLE", nargs="?", default=None, help="only this table's")
    _add_query(actions)
    _add_files(actions)


def _add_query(actions: "Subparsers") -> None:
    query = add_command(
        actions,
        "query",
        "Run one SQL statement. It can only read, unless --write is given while the assistant is stopped.",
        "nanoclaw db query 'SELECT folder, name FROM groups'",
        "nanoclaw db query --database tasks 'SELECT state, count(*) FROM tasks GROUP BY state'",
    )
    _one(query)
    query.add_argument("statement", metavar="SQL", help="the statement; - reads it from standard input")
    query.add_argument("--write", action="store_true", help="let it change things")
    query.add_argument("--limit", metavar="N", type=int, default=100, help="rows at most, 1 to 100000 (default: 100)")
    query.add_argument(
        "--seconds", metavar="S", type=float, default=30.0, help="how long it may take, up to 3600 (default: 30)"
    )


def _add_files(actions: "Subparsers") -> None:
    dump = add_command(
        actions, "dump", "Write a database as SQL.", "nanoclaw db dump --output messages.sql", "nanoclaw db dump | gzip"
    )
    _one(dump)
    dump.add_argument("--output", metavar="FILE", default=None, help="a new file (default: standard output)")
    load = add_command(
        actions,
        "load",
        "Replace a database by what dump wrote. What was there is kept.",
        "nanoclaw db load messages.sql",
    )
    _one(load)
    load.add_argument("file", metavar="FILE", help="what dump wrote")
    recover = add_command(
        actions,
        "recover",
        "Save what can be read of a damaged database into a new one, and say what is lost. The damaged file is kept."
        " Exit status 1 when something is.",
        "nanoclaw db recover",
        "nanoclaw db recover --replace",
    )
    _one(recover)
    recover.add_argument("--output", metavar="FILE", default=None, help="the new file (default: in the home folder)")
    recover.add_argument("--replace", action="store_true", help="put it in the damaged one's place")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A document for each action; see ``--json``."""
    if arguments.action == "query" and not 1 <= arguments.limit <= _MOST:
        raise UsageError(f"argument --limit: must be 1 to {_MOST}", "see: nanoclaw db query --help")
    if arguments.action == "query" and not 0 < arguments.seconds <= _LONGEST:
        raise UsageError(f"argument --seconds: must be more than 0, up to {_LONGEST}", "see: nanoclaw db query --help")
    _finish_a_restore(context)
    return _action(arguments)(arguments, context)


def _finish_a_restore(context: Context) -> None:
    """One that was killed in the middle leaves a home of two pieces, of which nothing true could be told."""
    from nanoclaw.daemon.lock import hold  # noqa: PLC0415 - as below
    from nanoclaw.operations.backup.swap import finish, is_pending  # noqa: PLC0415 - as below

    if is_pending(context.home):
        with hold(context.home.lock):
            finish(context.home)


def _action(arguments: argparse.Namespace) -> Callable[[argparse.Namespace, Context], Result]:
    from nanoclaw.cli.databases import changing, looking  # noqa: PLC0415 - imports SQLite

    if arguments.action == "query" and arguments.write:
        return changing.change
    return {
        "check": looking.check,
        "stats": looking.stats,
        "tables": looking.tables,
        "schema": looking.schema,
        "query": looking.query,
        "dump": looking.write_dump,
        "vacuum": changing.shrink,
        "optimize": changing.renew_statistics,
        "checkpoint": changing.checkpoint,
        "load": changing.load,
        "recover": changing.rescue,
    }[arguments.action]


def _either(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--database", choices=_NAMES, default=None, help="only this one (default: both)")
    return parser


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", choices=_NAMES, default="messages", help="which one (default: messages)")

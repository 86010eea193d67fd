"""``nanoclaw logs``."""

import argparse
import json
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_command
from nanoclaw.cli.render import Paint, local_time, one_line, table
from nanoclaw.cli.spans import parse_since
from nanoclaw.operations.logs.query import LEVELS, CountBy, LogQuery, count, describe, read_pattern
from nanoclaw.operations.logs.reading import added_lines, stored_lines

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_MOST = 100_000
_SEE = "see: nanoclaw logs --help"


def add_parser(subparsers: "Subparsers") -> None:
    """Which lines, and what to do with them."""
    parser = add_command(
        subparsers,
        "logs",
        "Print the newest lines of the assistant's own log, oldest first. It holds no texts of messages and no keys."
        " Works while the assistant is stopped, too.",
        "nanoclaw logs -n 100 --level warning",
        "nanoclaw logs -f --group family",
        "nanoclaw logs --grep 'agent broke|channel' --since 2d",
        "nanoclaw logs --count-by hour --level error --since 1w",
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on printing what is added, until interrupted")
    parser.add_argument(
        "-n", dest="limit", metavar="N", type=int, default=50, help="how many at most, 1 to 100000 (default: 50)"
    )
    parser.add_argument("--group", metavar="FOLDER", default=None, help="only this group's")
    parser.add_argument("--level", choices=LEVELS, default="debug", help="the least level")
    parser.add_argument("--since", metavar="TIME", default=None, help="none older: ISO 8601, or 30m, 2h, 3d, 1w")
    parser.add_argument("--until", metavar="TIME", default=None, help="none from then on: likewise")
    parser.add_argument("--grep", metavar="PATTERN", default=None, help="only with this regular expression in them")
    parser.add_argument(
        "--count-by", choices=tuple(CountBy), default=None, help="count all lines instead of printing some"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A document with ``lines``, each as it stands in the log, or with ``counts``."""
    if not 1 <= arguments.limit <= _MOST:
        raise UsageError(f"argument -n: must be 1 to {_MOST}", _SEE)
    if arguments.follow and arguments.count_by:
        raise UsageError("argument --count-by: not allowed with -f", _SEE)
    query = _query(arguments, context)
    found = (line for line in stored_lines(context.home.log) if query.wants(line))
    if arguments.count_by:
        return _counted(found, CountBy(arguments.count_by))
    newest = deque(found, maxlen=arguments.limit)
    show = _shown_with(Paint(context.stdout, context.environment))
    if not arguments.follow:
        return Result(document={"lines": list(newest)}, text="\n".join(map(show, newest)) or "Nothing in the log.")
    for line in newest:
        _print(line, show, context)
    for line in added_lines(context.home.log):
        if query.wants(line):
            _print(line, show, context)
    return Result()


def _query(arguments: argparse.Namespace, context: Context) -> LogQuery:
    return LogQuery(
        group=arguments.group,
        least=arguments.level,
        since=parse_since(arguments.since, context.clock, "--since", _SEE) if arguments.since else "",
        until=parse_since(arguments.until, context.clock, "--until", _SEE) if arguments.until else "",
        pattern=read_pattern(arguments.grep) if arguments.grep else None,
    )


def _counted(found: Iterable[dict[str, Any]], by: CountBy) -> Result:
    counts = count(found, by, lambda moment: f"{moment.astimezone():%Y-%m-%d %H}:00")
    rows = [(kind, f"{number:,}") for kind, number in counts.items()]
    total = ("total", f"{sum(counts.values()):,}")
    text = table((by.value.upper(), "LINES"), [*rows, total]) if rows else "Nothing in the log."
    return Result(document={"by": by.value, "counts": counts}, text=text)


def _print(line: dict[str, Any], show: Callable[[dict[str, Any]], str], context: Context) -> None:
    context.stdout.write((json.dumps(line) if context.json else show(line)) + "\n")
    context.stdout.flush()


def _shown_with(paint: Paint) -> Callable[[dict[str, Any]], str]:
    def show(line: dict[str, Any]) -> str:
        level = str(line.get("level", ""))
        rest = one_line(describe({name: value for name, value in line.items() if name != "level"}))
        mark = f"{one_line(level, 8):<8}"
        colour = paint.red if level in {"error", "critical"} else paint.bold if level == "warning" else paint.dim
        return f"{paint.dim(_clock(line))} {colour(mark)} {rest}"

    return show


def _clock(line: dict[str, Any]) -> str:
    text = str(line.get("time", ""))
    try:
        moment = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        return local_time(text)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"

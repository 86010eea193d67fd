"""``nanoclaw messages``."""

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import local_time, one_line, visible
from nanoclaw.model.clock import Clock

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_SPAN = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOST = 1000


def add_parser(subparsers: "Subparsers") -> None:
    """One action."""
    parser = add_command(
        subparsers,
        "messages",
        "Read the history. Works while the daemon is stopped, too.",
        "nanoclaw messages list --group main --since 2h",
    )
    found = add_command(
        add_choices(parser),
        "list",
        "Print the newest messages of all groups or of one, either direction, oldest first.",
        "nanoclaw messages list --limit 200",
        "nanoclaw messages list --group family --since 2026-11-22T08:00",
    )
    found.add_argument("--group", metavar="FOLDER", default=None, help="only this group's")
    found.add_argument("--limit", metavar="N", type=int, default=50, help="how many at most, 1 to 1000 (default: 50)")
    found.add_argument(
        "--since", metavar="TIME", default=None, help="none older: ISO 8601, or 30m, 2h, 3d, 1w (default: no limit)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``MessageList``."""
    group, limit = arguments.group, arguments.limit
    if not 1 <= limit <= _MOST:
        raise UsageError(f"argument --limit: must be 1 to {_MOST}", "see: nanoclaw messages list --help")
    since = parse_since(arguments.since, context.clock) if arguments.since else None
    found = ask(
        context,
        lambda client: client.messages(group=group, limit=limit, since=since),
        lambda service: service.messages(group=group, limit=limit, since=since),
    )
    return Result(document=found, text="\n".join(_line(line) for line in found["messages"]) or "No messages.")


def parse_since(text: str, clock: Clock) -> str:
    """A time, or a span before now, as the API takes it: ISO 8601 in UTC. Times without a zone are local ones."""
    try:
        if match := _SPAN.fullmatch(text):
            now = datetime.fromtimestamp(clock.now() / 1000, UTC)
            moment = now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        else:
            moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            "argument --since: neither a time, such as 2026-11-22T08:00, nor a span, such as 2h or 3d",
            "see: nanoclaw messages list --help",
        ) from error
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(line: dict[str, str]) -> str:
    place = one_line(line["group"] or f"{line['channel']}:{line['chat']}")
    arrow = "<" if line["direction"] == "in" else ">"
    state = f" [{one_line(line['state'])}]" if line["state"] not in {"answered", "sent"} else ""
    text = visible(line["text"]).replace("\n", "\n    ")
    return f"{local_time(line['time'])} {place} {arrow} {one_line(line['sender'], 40)}:{state} {text}"

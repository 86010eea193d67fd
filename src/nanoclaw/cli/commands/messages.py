"""``nanoclaw messages``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import local_time, one_line, table, visible
from nanoclaw.cli.spans import parse_since

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.control.shapes import MessageQuery

_MOST = 1000
_WORDS_LIMIT = 400


def add_parser(subparsers: "Subparsers") -> None:
    """Three actions."""
    parser = add_command(
        subparsers,
        "messages",
        "Read and search the history, or see whose messages were dropped. Works while the daemon is stopped, too.",
        "nanoclaw messages list --group main --since 2h",
        "nanoclaw messages search dentist --group family",
    )
    actions = add_choices(parser)
    found = add_command(
        actions,
        "list",
        "Print the newest messages of all groups or of one, either direction, oldest first.",
        "nanoclaw messages list --limit 200",
        "nanoclaw messages list --group family --since 2026-11-22T08:00",
    )
    search = add_command(
        actions,
        "search",
        'Print the newest messages that hold all these words. "In quotes" is a phrase, begin* the beginning of a word.',
        "nanoclaw messages search dentist",
        "nanoclaw messages search '\"red car\" garag*' --group family",
    )
    search.add_argument("words", metavar="WORDS", help="what to look for, 400 characters at most")
    for listing in (found, search):
        listing.add_argument("--group", metavar="FOLDER", default=None, help="only this group's")
        listing.add_argument(
            "--since", metavar="TIME", default=None, help="none older: ISO 8601, or 30m, 2h, 3d, 1w (default: no limit)"
        )
    dropped = add_command(
        actions,
        "dropped",
        "Print whose messages were not taken in and why, the newest first. Their texts were not kept.",
        "nanoclaw messages dropped",
    )
    for listing in (found, search, dropped):
        listing.add_argument(
            "--limit", metavar="N", type=int, default=50, help="how many at most, 1 to 1000 (default: 50)"
        )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``MessageList`` or a ``DroppedList``."""
    if not 1 <= arguments.limit <= _MOST:
        raise UsageError(f"argument --limit: must be 1 to {_MOST}", f"see: nanoclaw messages {arguments.action} --help")
    if arguments.action == "dropped":
        return _dropped(arguments.limit, context)
    words = getattr(arguments, "words", None)
    if words is not None and not 0 < len(words) <= _WORDS_LIMIT:
        raise UsageError(f"argument WORDS: 1 to {_WORDS_LIMIT} characters", "see: nanoclaw messages search --help")
    since = (
        parse_since(arguments.since, context.clock, see=f"see: nanoclaw messages {arguments.action} --help")
        if arguments.since
        else None
    )
    query = {"group": arguments.group, "limit": arguments.limit, "since": since, "search": words}
    found = ask(context, lambda client: client.messages(query), lambda service: service.messages(read_query(**query)))
    return Result(document=found, text="\n".join(_line(line) for line in found["messages"]) or "No messages.")


def read_query(**given: Any) -> "MessageQuery":
    """The query for a service without a daemon; only then pydantic is imported."""
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415
    from nanoclaw.control.shapes import MessageQuery  # noqa: PLC0415

    return parse_values(MessageQuery, given)


def _dropped(limit: int, context: Context) -> Result:
    found = ask(context, lambda client: client.dropped(limit), lambda service: service.people.dropped(limit))
    rows = [
        (
            local_time(one["last_at"]),
            f"{one['channel']}:{one['chat']}",
            f"{one['name']} ({one['sender']})",
            str(one["count"]),
            one["reason"],
        )
        for one in found["dropped"]
    ]
    text = table(("LAST", "CHAT", "SENDER", "COUNT", "WHY"), rows) if rows else "No message was dropped."
    return Result(document=found, text=text)


def _line(line: dict[str, str]) -> str:
    place = one_line(line["group"] or f"{line['channel']}:{line['chat']}")
    arrow = "<" if line["direction"] == "in" else ">"
    state = f" [{one_line(line['state'])}]" if line["state"] not in {"answered", "sent"} else ""
    text = visible(line["text"]).replace("\n", "\n    ")
    return f"{local_time(line['time'])} {place} {arrow} {one_line(line['sender'], 40)}:{state} {text}"

"""``nanoclaw usage``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import table
from nanoclaw.cli.spans import parse_since

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.control.usage_shapes import UsageQuery

_HEADS = ("CALLS", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITTEN", "USD")
_TURN = "turn"


def add_parser(subparsers: "Subparsers") -> None:
    """No action."""
    parser = add_command(
        subparsers,
        "usage",
        "Show what calls to the model used: tokens and cost, added up. Works while the daemon is stopped, too.",
        "nanoclaw usage --by group --since 7d",
    )
    parser.add_argument(
        "--by",
        choices=("day", "group", "task", "model", "turn"),
        default="day",
        help="by what to add up (default: day)",
    )
    parser.add_argument(
        "--since", metavar="TIME", default=None, help="none older: ISO 8601, or 30m, 2h, 3d, 1w (default: no limit)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``UsageList``."""
    since = parse_since(arguments.since, context.clock, see="see: nanoclaw usage --help") if arguments.since else None
    query = {"by": arguments.by, "since": since}
    found = ask(context, lambda client: client.usage(query), lambda service: service.usage.sums(_query(query)))
    if not found["lines"]:
        return Result(document=found, text="No usage.")
    about = ("GROUP, MODEL",) if arguments.by == _TURN else ()
    rows = [_row(line)[: len(_HEADS) + len(about) + 1] for line in (*found["lines"], found["total"])]
    return Result(document=found, text=table((arguments.by.upper(), *_HEADS, *about), rows))


def _query(values: dict[str, Any]) -> "UsageQuery":
    # Only without a daemon, which else checks it: then pydantic is imported anyway.
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415
    from nanoclaw.control.usage_shapes import UsageQuery  # noqa: PLC0415

    return parse_values(UsageQuery, values)


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    counts = ("calls", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    return (line["key"], *(f"{line[name]:,}" for name in counts), f"{line['cost_usd']:.4f}", line["about"])

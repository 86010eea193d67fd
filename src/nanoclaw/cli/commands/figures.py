"""``nanoclaw figures``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_command
from nanoclaw.cli.render import local_time, one_line, size
from nanoclaw.cli.spans import parse_since
from nanoclaw.control.errors import DaemonDownError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.control.client import Document

_BARS = "▁▂▃▄▅▆▇█"
_NAME_WIDTH = 44
_SEE = "see: nanoclaw figures --help"


def add_parser(subparsers: "Subparsers") -> None:
    """No action."""
    parser = add_command(
        subparsers,
        "figures",
        "Show how the assistant fares: memory, processors, waits, starts, answers, deliveries. For the last hour and"
        " for all of the time asked for: least, median, 95th percentile and most; of what is only counted, how many."
        " Works while the daemon is stopped, too, with what was written down.",
        "nanoclaw figures",
        "nanoclaw figures --since 7d",
        "nanoclaw figures --prometheus",
    )
    parser.add_argument(
        "--since", metavar="TIME", default="24h", help="ISO 8601, or 30m, 2h, 3d, 1w, a week at most (default: 24h)"
    )
    parser.add_argument("--prometheus", action="store_true", help="print what Prometheus reads; needs the daemon")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``FigureList``; with ``--prometheus`` text."""
    since = parse_since(arguments.since, context.clock, see=_SEE)
    if arguments.prometheus:
        if context.json:
            raise UsageError("argument --prometheus: not with --json", _SEE)
        return Result(text=context.client.metrics().rstrip("\n"))
    try:
        found = context.client.figures(since)
    except DaemonDownError:
        found = _stored(context, since)
    if not found["figures"]:
        return Result(document=found, text="No figures yet.")
    lines = "\n".join(line for figure in found["figures"] for line in _lines(figure))
    head = f"since {local_time(found['since'])}" + ("" if found["running"] else "; the assistant is not running")
    return Result(document=found, text=f"{head}\n\n{lines}")


def _stored(context: Context, since: str) -> "Document":
    from nanoclaw.control.insight_shapes import FigureQuery  # noqa: PLC0415 - only without a daemon
    from nanoclaw.daemon.answers.insight import stored_figures  # noqa: PLC0415
    from nanoclaw.operations.figures.history import History  # noqa: PLC0415

    found = stored_figures(History(context.home.figures), FigureQuery(since=since), context.clock)
    return found.model_dump(mode="json")


def _lines(figure: dict[str, Any]) -> tuple[str, ...]:
    """Its name, how it went and how it is; below what it was in the last hour and in all. 80 columns."""
    name = one_line(f"{figure['title']} ({figure['label']})" if figure["label"] else figure["title"])
    shown = name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1]}…"
    now = "" if figure["now"] is None else _value(figure["now"], figure["unit"])
    first = f"{shown:<{_NAME_WIDTH}}{sparkline(figure['trend'])}  {now}".rstrip()
    hour, window = _summary(figure["hour"], figure), _summary(figure["window"], figure)
    if figure["kind"] == "counter":
        return first, f"  hour {hour}, in all {window}"
    return first, f"  hour    {hour}", f"  in all  {window}"


def _summary(found: dict[str, Any], figure: dict[str, Any]) -> str:
    if figure["kind"] == "counter":
        return f"{found['count']:,}"
    if found["minimum"] is None:
        return "-"
    return " / ".join(_value(found[key], figure["unit"]) for key in ("minimum", "median", "p95", "maximum"))


def _value(value: float, unit: str) -> str:
    match unit:
        case "bytes":
            return size(value)
        case "seconds":
            return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
        case "ratio":
            return f"{value:.1%}"
        case _:
            return f"{value:,.10g}" if value >= 100 or value == int(value) else f"{value:.2f}"


def sparkline(points: list[float | None]) -> str:
    """A bar a point, from the least to the most; a dot where nothing is known."""
    known = [point for point in points if point is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    return "".join(
        "·" if point is None else _BARS[int((point - low) / span * (len(_BARS) - 1)) if span else 0] for point in points
    )

"""``nanoclaw status``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import local_time, one_line
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """Takes nothing of its own."""
    add_command(
        subparsers,
        "status",
        "Show how everything is. Exit status 3 when no daemon runs; what can be read from disk is shown all the same.",
        "nanoclaw status",
        "nanoclaw status --json",
    )


def run(_arguments: argparse.Namespace, context: Context) -> Result:
    """A ``Status``."""
    status = ask(context, lambda client: client.status(), lambda service: service.status())
    lines = [*_lines(status), *_alerts(context)]
    text = "\n".join(f"{head and head + ':':<14}{one_line(line)}" for head, line in lines if line)
    if status["running"]:
        return Result(document=status, text=text)
    return Result(document=status, text=text, exit=Exit.DAEMON_DOWN, notes=_failed_starts(context))


def _failed_starts(context: Context) -> tuple[str, ...]:
    """What a service manager's daemon that is not there waits for."""
    from nanoclaw.operations.service.breaker import StartBreaker, next_start  # noqa: PLC0415 - only without a daemon

    starts = StartBreaker(context.home, context.clock).look()
    if not starts.failures:
        return ()
    at = f"; the next begins at {local_time(next_start(starts))}" if starts.next_at else ""
    return (f"{starts.failures} starts in a row failed{at}. `nanoclaw service logs` may show why.",)


def _alerts(context: Context) -> list[tuple[str, str]]:
    """Alerts that do not get out, whether a daemon runs or not."""
    from nanoclaw.operations.alerts.book import Book  # noqa: PLC0415 - small, but most commands do not need it

    try:
        state = Book(context.home).read()
    except NanoclawError as error:
        return [("alerts", str(error))]
    if not state.waiting:
        return []
    why = "; ".join(f"{name}: {one.problem}" for name, one in state.routes.items() if one.problem)
    return [("alerts", f"{len(state.waiting)} wait to be sent{f' ({why})' if why else ''}")]


def _lines(status: dict[str, Any]) -> list[tuple[str, str]]:
    running = f"running, process {status['pid']}, since {local_time(status['started_at'])}"
    lines = [
        ("assistant", running if status["running"] else "not running; start it with 'nanoclaw run' or 'nanoclaw chat'"),
        ("version", status["version"]),
        ("home", status["home"]),
        ("model key", status["model_key"] or "none found; set ANTHROPIC_API_KEY in .env"),
    ]
    if sandbox := status["sandbox"]:
        lines.append(("sandbox", _sandbox(sandbox)))
        lines += [("", note) for note in sandbox["notes"]]
    for channel in status["channels"]:
        lines.append(("channel", channel_line(channel)))
        lines.append(("", channel["hint"] and f"→ {channel['hint']}"))
    lines += [("agent", f"{agent['group']} {agent['state']}") for agent in status["agents"]]
    if queue := status["queue"]:
        lines.append(("queue", _queue(queue)))
    lines.append(("groups", ", ".join(status["groups"]) or "none"))
    for error in status["last_errors"]:
        hint = f" ({error['hint']})" if error["hint"] else ""
        lines.append(("error", f"{local_time(error['at'])} {error['what']}{hint}"))
    return lines


def _sandbox(sandbox: dict[str, Any]) -> str:
    state = "ready" if sandbox["ready"] else "not ready" if sandbox["usable"] else "not usable"
    parts = [sandbox["kind"], sandbox["version"], state, sandbox["problem"], sandbox["hint"]]
    return ", ".join(part for part in parts if part)


def channel_line(channel: dict[str, Any]) -> str:
    """How a channel is, in one line; what to do about it is another."""
    up = channel["status"] == "up"
    how = channel["status"] if up or not channel["condition"] else f"{channel['status']} ({channel['condition']})"
    since = "" if up or not channel["since"] else f"since {local_time(channel['since'])}:"
    return " ".join(part for part in (channel["name"], how, since, channel["detail"], channel["link"]) if part)


def _queue(queue: dict[str, Any]) -> str:
    return (
        f"{queue['waiting_turns']} waiting, {queue['running_turns']} running, "
        f"{queue['undelivered_replies']} replies to deliver, {queue['agents_at_once']} agents at most"
    )

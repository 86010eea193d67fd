"""``nanoclaw alerts``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.alert_chats import show_chats
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.render import local_time, one_line, table
from nanoclaw.control.times import iso
from nanoclaw.model.clock import Milliseconds

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.operations.alerts.routes import Routes
    from nanoclaw.operations.alerts.state import Entry, State

_MOST = 200


def add_parser(subparsers: "Subparsers") -> None:
    """Routes and chats, a test of them, and what was told."""
    parser = add_command(
        subparsers,
        "alerts",
        "Tell the owner outside of the chats when something is wrong: by mail, SMS, ntfy, a webhook. Also works while"
        " the assistant is stopped.",
        "nanoclaw alerts test",
        "nanoclaw alerts list",
    )
    choices = add_choices(parser)
    add_command(
        choices,
        "list",
        "List the routes: what each is, what its last test found, and whether alerts wait for it. The addresses are"
        " secret and never shown.",
        "nanoclaw alerts list --json",
    )
    test = add_command(
        choices,
        "test",
        "Send a test alert by each route and say what became of it. Exit status 1 when one was not taken. The result"
        " is remembered, and `nanoclaw doctor` says how old it is.",
        "nanoclaw alerts test",
        "nanoclaw alerts test NANOCLAW_ALERT_SMS",
    )
    test.add_argument("route", metavar="ROUTE", nargs="?", default=None, help="only this one, the name of its variable")
    _add_chats(choices)
    history = add_command(
        choices,
        "history",
        "Show the newest alerts, oldest first: those that wait, were sent, or stand in the log only.",
        "nanoclaw alerts history --limit 20",
    )
    history.add_argument("--limit", metavar="N", type=int, default=50, help="how many at most, 1 to 200 (default: 50)")


def _add_chats(choices: "Subparsers") -> None:
    chats = add_command(
        choices,
        "chats",
        "Show in which chats news reach you, or say in which they shall: the first whose channel is up gets them. Only"
        " chats of the owner can be named. News about a channel that does not work never go by that channel alone.",
        "nanoclaw alerts chats",
        "nanoclaw alerts chats telegram:12345 whatsapp:41791234567@s.whatsapp.net",
        "nanoclaw alerts chats --test",
    )
    chats.add_argument("chats", metavar="CHANNEL:CHAT", nargs="*", help="in the order of preference")
    chats.add_argument("--default", action="store_true", help="name none: the main group's chats, as they come")
    chats.add_argument("--test", action="store_true", help="send a test message to each of the chats that are named")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """One of the four."""
    if arguments.action == "chats":
        return show_chats(arguments, context)
    from nanoclaw.operations.alerts.book import Book  # noqa: PLC0415 - only for this command
    from nanoclaw.operations.alerts.routes import find_routes  # noqa: PLC0415
    from nanoclaw.settings.load import load_settings  # noqa: PLC0415

    if arguments.action == "history":
        if not 1 <= arguments.limit <= _MOST:
            raise UsageError(f"argument --limit: must be 1 to {_MOST}", "see: nanoclaw alerts history --help")
        return _history(Book(context.home).read(), arguments.limit)
    routes = find_routes(context.home, load_settings(context.home).alerts)
    if arguments.action == "test":
        return _test(arguments.route, routes, context)
    return _list(Book(context.home).read(), routes)


def _list(state: "State", routes: "Routes") -> Result:
    from nanoclaw.operations.alerts.view import view_routes  # noqa: PLC0415 - only for this command

    found = view_routes(state, routes)
    document = {
        "level": routes.least,
        "repeat_hours": routes.repeat / 3_600_000,
        "routes": [
            {
                "name": one.name,
                "kind": one.kind,
                "set": one.is_set,
                "tested": one.tested,
                "tested_at": iso(Milliseconds(one.tested_at)) if one.tested_at else None,
                "waiting": one.waiting,
                "problem": one.problem,
            }
            for one in found
        ],
    }
    if not found:
        return Result(document=document, text="No route is set up: docs/how-to/be-alerted.md. Alerts stand in the log.")
    rows = [(one.name, one.kind, one.said, str(one.waiting), one_line(one.problem)) for one in found]
    return Result(document=document, text=table(("ROUTE", "KIND", "TESTED", "WAITING", "PROBLEM"), rows))


def _test(only: str | None, routes: "Routes", context: Context) -> Result:
    from nanoclaw.operations.alerts.testing import NoRouteError, try_routes  # noqa: PLC0415 - only for this command

    if not routes.names:
        raise NoRouteError("No alert route is set up", hint="See docs/how-to/be-alerted.md.")
    if only is not None and only not in routes.names:
        raise NoRouteError(f"There is no alert route {only}", hint=f"There are: {', '.join(routes.names)}.")
    results = try_routes(context.home, routes, context.clock, only)
    document = {
        "ok": all(one.sent.ok for one in results),
        "routes": [
            {"name": one.name, "kind": one.kind, "ok": one.sent.ok, "problem": one.sent.problem, "hint": one.sent.hint}
            for one in results
        ],
    }
    lines = []
    for one in results:
        lines.append(f"{one.name} ({one.kind}): {'taken by the service' if one.sent.ok else one.sent.problem}")
        lines += [f"  hint: {one.sent.hint}"] if one.sent.hint else []
    if document["ok"]:
        lines.append("Look whether it arrived: a service may take a message and still lose it.")
    return Result(document=document, text="\n".join(lines), exit=Exit.OK if document["ok"] else Exit.ERROR)


def _history(state: "State", limit: int) -> Result:
    entries = sorted([*state.history, *state.waiting], key=lambda entry: entry.at)[-limit:]
    shapes = [_shape(entry) for entry in entries]
    document = {"alerts": shapes, "left_out": state.left_out}
    lines = [f"{local_time(one['at'])} {one['level']} ({one['state']}) {one_line(one['text'])}" for one in shapes]
    return Result(document=document, text="\n".join(lines) or "There was no alert.")


def _shape(entry: "Entry") -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": iso(Milliseconds(entry.at)),
        "level": entry.alert.level,
        "text": entry.alert.text,
        "state": entry.fate or "waiting",
        "sent_by": entry.sent,
    }

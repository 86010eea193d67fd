"""``nanoclaw import``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_choices, add_command
from nanoclaw.cli.render import one_line, table

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_WORDS = (
    ("chats", "chats heard of"),
    ("messages", "messages"),
    ("replies", "replies of the assistant"),
    ("tasks", "tasks"),
    ("runs", "runs of tasks"),
    ("files", "files of groups"),
    ("transcripts", "files of conversations"),
)
_PEOPLE = (
    "In v1 everybody in a registered chat could talk to the assistant. Here people need a role (`nanoclaw people add`),"
    " or a group lets everybody: `nanoclaw groups set FOLDER senders=anyone`."
)
_NEVER = (
    "Never taken over: keys (.env), the login at WhatsApp (link it anew), lists of allowed mounts and senders, and"
    " Claude's skills and settings."
)
_KNOWN = ("known_messages", "known_tasks", "known_files")


def add_parser(subparsers: "Subparsers") -> None:
    """One program so far."""
    parser = add_command(
        subparsers,
        "import",
        "Take over groups, history, tasks and files of another program.",
        "nanoclaw import nanoclaw ~/nanoclaw --dry-run",
    )
    actions = add_choices(parser)
    v1 = add_command(
        actions,
        "nanoclaw",
        "Take over what NanoClaw v1 (TypeScript) kept: registered groups, chats, messages as history, tasks with their"
        " runs, CLAUDE.md and other files of groups, conversations. The folder is only read. Its messages are never"
        " answered again. Taken over twice it is there once. The assistant must be stopped, and v1, too.",
        "nanoclaw import nanoclaw ~/nanoclaw --dry-run",
        "nanoclaw import nanoclaw ~/nanoclaw",
    )
    v1.add_argument("path", metavar="PATH", help="its folder, with store/ and groups/ in it")
    v1.add_argument("--dry-run", action="store_true", help="only say what would be taken over, and what not")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A report: what was taken over, and what was left out and why."""
    from nanoclaw.daemon.lock import hold  # noqa: PLC0415 - as below
    from nanoclaw.operations.backup.swap import finish  # noqa: PLC0415 - as below
    from nanoclaw.operations.imports.nanoclaw_v1 import Taker, import_v1  # noqa: PLC0415 - imports SQLite
    from nanoclaw.settings.load import load_settings, time_zone  # noqa: PLC0415 - as above

    settings = load_settings(context.home)
    taker = Taker(
        home=context.home,
        clock=context.clock,
        zone=time_zone(settings),
        trigger=settings.assistant.default_trigger,
    )
    root = Path(arguments.path).expanduser().absolute()
    if arguments.dry_run:
        report = import_v1(taker, root, dry_run=True)
    else:
        context.home.create()
        with hold(context.home.lock):
            finish(context.home)
            report = import_v1(taker, root, dry_run=False)
    networks = {group.chat.partition(":")[0] for group in report.groups}
    document = report.shape() | {"channels_missing": sorted(networks - {"local", *settings.enabled_channels})}
    return Result(document=document, text=_text(document))


def _text(document: dict[str, Any]) -> str:
    counts = document["counts"]
    lines = ["Nothing was changed. This would be taken over:" if document["dry_run"] else "Taken over:"]
    lines += [f"  {counts[name]:>9,} {words}" for name, words in _WORDS if counts[name]]
    lines[1:] = lines[1:] or ["  nothing new"]
    if known := sum(counts[name] for name in _KNOWN):
        lines.append(f"There already: {known:,} messages, tasks and files.")
    if document["groups"]:
        rows = [(one["folder"], one["name"], one["chat"], one["done"]) for one in document["groups"]]
        lines += ["", table(("GROUP", "NAME", "CHAT", "DONE"), rows)]
    if document["left_out"]:
        left_out = [(f"{one['count']:,}", one["what"], _why(one)) for one in document["left_out"]]
        lines += ["", "Left out:", table(("COUNT", "WHAT", "WHY"), left_out)]
    lines += ["", "To know:", *(f"- {one_line(note)}" for note in (*document["notes"], *_advice(document)))]
    return "\n".join(lines)


def _why(one: dict[str, Any]) -> str:
    names = ", ".join(one["names"][:3]) + (" …" if len(one["names"]) > 3 else "")
    return f"{one['why']}{f': {names}' if names else ''}"


def _advice(document: dict[str, Any]) -> list[str]:
    advice = []
    if document["sessions"]:
        advice.append(f"These groups go on with their conversation: {', '.join(document['sessions'])}.")
    if document["channels_missing"]:
        advice.append(f"These networks are not set up here: {', '.join(document['channels_missing'])}.")
    return [*advice, _PEOPLE, _NEVER]

"""``nanoclaw send``."""

import argparse
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.commands.messages import read_query
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import UsageError, add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import visible
from nanoclaw.control.client import Document
from nanoclaw.control.errors import DaemonLostError
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_LONGEST_WAIT = 3600
_MOST_FILES = 10


def add_parser(subparsers: "Subparsers") -> None:
    """The text, and where it goes."""
    parser = add_command(
        subparsers,
        "send",
        "Send a message to a group's local chat and print the answer. Exit status: 0 answered, 3 stored but it woke"
        " nobody (no trigger), 4 the turn failed or was stopped, 5 stored, no answer in time: it will be answered.",
        "nanoclaw send 'What is on today?'",
        "git diff | nanoclaw send --group work --wait 300 -",
        "nanoclaw send --wait 0 'Remember the milk'",
        "nanoclaw send --file report.pdf 'Sum this up'",
    )
    parser.add_argument("text", metavar="TEXT", help="the message; - reads it from standard input")
    parser.add_argument("--group", metavar="FOLDER", default="main", help="whose chat (default: main)")
    parser.add_argument("--sender", metavar="NAME", default="", help="who writes (default: the owner)")
    parser.add_argument(
        "--file",
        metavar="PATH",
        action="append",
        default=[],
        help="a file to send along, 25 MB at most; repeat it for more, 10 at most",
    )
    parser.add_argument(
        "--wait", metavar="SECONDS", type=float, default=120, help="how long to wait, 0 to 3600 (default: 120)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``SendResult``."""
    if not 0 <= arguments.wait <= _LONGEST_WAIT:
        raise UsageError(f"argument --wait: must be 0 to {_LONGEST_WAIT}", "see: nanoclaw send --help")
    text = _text(arguments.text, context)
    if not text.strip():
        raise UsageError("argument TEXT: there is nothing to send", "see: nanoclaw send --help")
    request: dict[str, Any] = {
        "group": arguments.group,
        "sender": arguments.sender,
        "text": text,
        "wait_seconds": arguments.wait,
        "client_id": uuid.uuid4().hex,
    }
    if arguments.file:
        request["files"] = _paths(arguments.file)
    now = datetime.fromtimestamp(context.clock.now() / 1000, UTC)
    began = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        sent = context.client.send(request)
    except DaemonLostError as lost:
        return _after_loss(request, began, context, lost)
    if sent["outcome"] == "not_triggered" and text.lstrip().startswith("/"):
        return _after_command(sent, request["group"], began, context)
    return result_of(sent, waited=arguments.wait > 0)


def result_of(sent: Document, *, waited: bool = True) -> Result:
    """What became of a message, in words and as an exit status."""
    replies = "\n\n".join(visible(reply["text"]) for reply in sent["replies"])
    match sent["outcome"]:
        case "answered":
            return Result(document=sent, text=replies, notes=() if replies else ("The answer was silence.",))
        case "not_triggered":
            note = "Stored, but it woke nobody: this group answers only to its trigger."
            return Result(document=sent, notes=(note,), exit=Exit.NOT_TRIGGERED)
        case "timed_out" if not waited:
            return Result(document=sent, notes=("Stored; it will be answered.",))
        case "timed_out":
            note = "Stored; no answer in time. It will be answered: see 'nanoclaw messages list'."
            return Result(document=sent, text=replies, notes=(note,), exit=Exit.TIMED_OUT)
        case outcome:
            note = sent["error"] or ("Stopped." if outcome == "stopped" else "The turn failed.")
            return Result(document=sent, text=replies, notes=(note,), exit=Exit.FAILED)


def _after_command(sent: Document, group: str, began: str, context: Context) -> Result:
    """A command such as /status wakes nobody: what was said to it is in the history by now."""
    lines = context.client.messages({"group": group, "limit": 50, "since": began})["messages"]
    own = next((at for at, line in enumerate(lines) if line["id"] == f"in-{sent['message_id']}"), len(lines))
    for line in lines[own:]:
        if line["direction"] == "out" and line["channel"] == lines[own]["channel"]:
            return Result(document=sent, text=visible(line["text"]))
    return result_of(sent)


def _text(given: str, context: Context) -> str:
    if given == "-":
        return context.stdin.read()
    # Arguments that are not UTF-8 come in as lone surrogates.
    return given.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _paths(given: list[str]) -> list[str]:
    """Absolute: the daemon works in another folder."""
    if len(given) > _MOST_FILES:
        raise UsageError(f"argument --file: {_MOST_FILES} files at most", "see: nanoclaw send --help")
    paths = [Path(name).absolute() for name in given]
    for path in paths:
        if not path.is_file():
            raise UsageError(f"argument --file: there is no file {visible(str(path))}", "see: nanoclaw send --help")
    return [str(path) for path in paths]


def _after_loss(request: Document, began: str, context: Context, lost: DaemonLostError) -> Result:
    """The daemon went away while we waited: the history knows whether it had stored the message."""
    group = request["group"]
    try:
        found = ask(
            context,
            lambda client: client.messages({"group": group, "limit": 50, "since": began}),
            lambda service: service.messages(read_query(group=group, since=began)),
        )
    except NanoclawError as error:
        raise DaemonLostError(
            "The daemon went away while we waited, and it cannot be told whether it had stored the message",
            hint="Once it is back, 'nanoclaw messages list' shows it.",
        ) from error
    wanted = request["text"].strip()
    for line in found["messages"]:
        if line["direction"] == "in" and line["text"].strip() == wanted:
            sent = {
                "outcome": "timed_out",
                "message_id": int(line["id"].removeprefix("in-")),
                "turn_id": None,
                "replies": [],
                "timings_ms": dict.fromkeys(("accepted", "turn_started", "model_request", "first_reply", "delivered")),
                "error": str(lost),
            }
            note = (
                "The daemon went away while we waited. The message is stored, and will be answered once it runs again."
            )
            return Result(document=sent, notes=(note,), exit=Exit.TIMED_OUT)
    raise DaemonLostError(
        "The daemon went away before it had stored the message", hint="Start it with 'nanoclaw run' and send it again."
    )

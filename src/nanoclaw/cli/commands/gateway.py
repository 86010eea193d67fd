"""``nanoclaw gateway``."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.render import local_time, one_line
from nanoclaw.operations.logs.reading import added_lines, stored_lines

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_MOST = 10_000


def add_parser(subparsers: "Subparsers") -> None:
    """One action."""
    parser = add_command(
        subparsers,
        "gateway",
        "See what agents reached, or tried to reach, outside their sandboxes.",
        "nanoclaw gateway log --denied",
    )
    log = add_command(
        add_choices(parser),
        "log",
        "Print the newest lines of the gateway's audit log, oldest first: each decision and each call to the model.",
        "nanoclaw gateway log -f --group family",
        "nanoclaw gateway log --denied --limit 20 --json",
    )
    log.add_argument("-f", "--follow", action="store_true", help="go on printing what is added, until interrupted")
    log.add_argument("--group", metavar="FOLDER", default=None, help="only this group's")
    log.add_argument("--denied", action="store_true", help="only what was refused")
    log.add_argument("--limit", metavar="N", type=int, default=50, help="how many at most, 1 to 10000 (default: 50)")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A document with ``lines``, each as it stands in the log."""
    if not 1 <= arguments.limit <= _MOST:
        raise UsageError(f"argument --limit: must be 1 to {_MOST}", "see: nanoclaw gateway log --help")
    path = context.home.audit_log
    found = [line for line in stored_lines(path) if _wanted(line, arguments)][-arguments.limit :]
    if not arguments.follow:
        return Result(document={"lines": found}, text="\n".join(map(_shown, found)) or "Nothing in the log.")
    for line in found:
        _print(line, arguments, context)
    for line in added_lines(path):
        if _wanted(line, arguments):
            _print(line, arguments, context)
    return Result(document={"lines": []}, text="")


def _wanted(line: dict[str, Any], arguments: argparse.Namespace) -> bool:
    if arguments.group is not None and line.get("group") != arguments.group:
        return False
    return not arguments.denied or line.get("verdict") == "denied"


def _print(line: dict[str, Any], arguments: argparse.Namespace, context: Context) -> None:
    context.stdout.write((json.dumps(line) if arguments.json else _shown(line)) + "\n")
    context.stdout.flush()


def _shown(line: dict[str, Any]) -> str:
    where = f"{local_time(str(line.get('at', '')))} {one_line(str(line.get('group', '')))}"
    if line.get("event") == "model_call":
        tokens = f"{line.get('input_tokens')} in, {line.get('output_tokens')} out"
        return f"{where} model {one_line(str(line.get('model')))} status {line.get('status')}: {tokens}"
    verdict, target, reason = (one_line(str(line.get(name, ""))) for name in ("verdict", "target", "reason"))
    return f"{where} {verdict} {target}: {reason}"

"""``nanoclaw gateway``."""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.render import local_time, one_line

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_MOST = 10_000
_LOOK_SECONDS = 0.5
_ROTATED = 5


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
    found = [line for line in _stored(path) if _wanted(line, arguments)][-arguments.limit :]
    if not arguments.follow:
        return Result(document={"lines": found}, text="\n".join(map(_shown, found)) or "Nothing in the log.")
    for line in found:
        _print(line, arguments, context)
    for line in _added(path):
        if _wanted(line, arguments):
            _print(line, arguments, context)
    return Result(document={"lines": []}, text="")


def _stored(path: Path) -> Iterator[dict[str, Any]]:
    for number in range(_ROTATED, -1, -1):
        part = path.with_name(f"{path.name}.{number}") if number else path
        if part.exists():
            yield from _parsed(part.read_text(encoding="ascii", errors="replace").splitlines())


def _added(path: Path) -> Iterator[dict[str, Any]]:
    """What is added from now on. The file may not be there yet; one that was rotated away is read to its end first."""
    file = _open(path)
    if file is not None:
        file.seek(0, os.SEEK_END)
    rest = ""
    try:
        while True:
            read = file.read() if file is not None else ""
            if read:
                *lines, rest = (rest + read).split("\n")
                yield from _parsed(lines)
            elif file is None or _is_another(path, file):
                newer = _open(path)
                if newer is None:
                    time.sleep(_LOOK_SECONDS)
                    continue
                if file is not None:
                    file.close()
                file, rest = newer, ""
            else:
                time.sleep(_LOOK_SECONDS)
    finally:
        if file is not None:
            file.close()


def _open(path: Path) -> TextIO | None:
    try:
        return path.open(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return None


def _is_another(path: Path, file: TextIO) -> bool:
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _parsed(lines: list[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


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

"""``nanoclaw uninstall``."""

import argparse
import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import UsageError, add_command
from nanoclaw.cli.render import one_line
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.operations.uninstall.removal import Outcome


class NotConfirmedError(NanoclawError):
    """Nobody said that the data may go."""


def add_parser(subparsers: "Subparsers") -> None:
    """How much is to go."""
    parser = add_command(
        subparsers,
        "uninstall",
        "Remove what this home put on the machine: its service, its containers, its sockets. Stops the assistant first."
        " The data stays unless --data is given. Says what is left and how to remove it. Never touches another home's.",
        "nanoclaw uninstall",
        "nanoclaw uninstall --data --images",
    )
    parser.add_argument(
        "--data",
        action="store_true",
        help="also remove the home folder: messages, groups' files, logins, keys, and the backups in it",
    )
    parser.add_argument(
        "--images",
        action="store_true",
        help="also remove agent images that no container uses; another home on this machine builds its own again",
    )
    parser.add_argument("--yes", action="store_true", help="with --data: do not ask for the home's name")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """What was removed, and what is left."""
    from nanoclaw.cli.commands import stop  # noqa: PLC0415 - as below
    from nanoclaw.daemon.lock import hold  # noqa: PLC0415 - as below
    from nanoclaw.operations.service.machine import this_machine  # noqa: PLC0415 - needed by this command only
    from nanoclaw.operations.uninstall import removal  # noqa: PLC0415 - imports the sandboxes

    if arguments.yes and not arguments.data:
        raise UsageError("argument --yes: only with --data", "see: nanoclaw uninstall --help")
    if arguments.data and not arguments.yes and context.home.root.exists():
        _confirm(context)
    outcome = removal.Outcome()
    removal.remove_services(this_machine(context.environment), context.home, outcome)
    if (stop.run(arguments, context).document or {}).get("changed"):
        outcome.removed.append(removal.Removed(what="assistant", name="stopped"))
    wanted = removal.Wanted(images=arguments.images, data=arguments.data)
    asyncio.run(removal.remove_rest(context.home, wanted, hold, context.clock, outcome))
    return _result(outcome, context)


def _confirm(context: Context) -> None:
    """Only a person at a terminal, who types the home's name, or a script that says so."""
    name = context.home.root.name or str(context.home.root)
    if not context.stdin.isatty():
        raise NotConfirmedError(
            f"{context.home.root} would be removed with everything in it, and there is nobody to ask",
            hint="Add --yes if that is meant. Nothing was changed.",
        )
    context.say(
        f"This removes {one_line(str(context.home.root))} for good: messages, files, logins, keys, backups in it."
    )
    print(f"Type {one_line(name)} to go on: ", end="", file=context.stderr, flush=True)
    if context.stdin.readline().rstrip("\n") != name:
        raise NotConfirmedError("That is not its name", hint="Nothing was changed.")


def _result(outcome: "Outcome", context: Context) -> Result:
    lines = [f"Removed: {one.what} {one_line(one.name)}" for one in outcome.removed]
    lines += [f"Left: {one.what} {one_line(one.name)}. {one_line(one.hint)}" for one in outcome.left]
    document = {
        "home": str(context.home.root),
        "changed": bool(outcome.removed),
        "removed": [asdict(one) for one in outcome.removed],
        "left": [asdict(one) for one in outcome.left],
    }
    text = "\n".join(lines if outcome.removed else ["There was nothing to remove.", *lines])
    failed = any(one.what in {"container", "containers"} for one in outcome.left)
    return Result(document=document, text=text, exit=Exit.ERROR if failed else Exit.OK)

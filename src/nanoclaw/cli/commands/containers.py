"""``nanoclaw containers``."""

import argparse
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_choices, add_command

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """Seven actions."""
    parser = add_command(
        subparsers,
        "containers",
        "Look after the sandboxes that agents run in, of whatever engine. Only this installation's are listed and"
        " touched. A group's folder may stand for the names of its containers.",
        "nanoclaw containers list",
        "nanoclaw containers stop family",
    )
    actions = add_choices(parser)
    add_command(actions, "list", "List the containers, also those that no longer run.", "nanoclaw containers list")
    add_command(
        actions, "stats", "Show what running containers use: memory, processor, processes.", "nanoclaw containers stats"
    )
    _add_logs(actions)
    _add_ends(actions)
    enter = add_command(
        actions,
        "exec",
        "Run a program inside a running container, as its agent's user and with its limits; without a program, a shell."
        " Put -- before a program that takes options. Who entered what is written down in the log. The exit status is"
        " the program's.",
        "nanoclaw containers exec family",
        "nanoclaw containers exec family -- ls -la /workspace/group",
    )
    enter.add_argument("name", metavar="NAME", help="a container, or a group's folder")
    enter.add_argument("program", metavar="PROGRAM", nargs=argparse.REMAINDER, help="the program and its arguments")


def _add_logs(actions: "Subparsers") -> None:
    logs = add_command(
        actions,
        "logs",
        "Tell what became of containers: the engine's events, and the assistant's log about them and their groups. What"
        " agents say is kept by nobody: it is the conversation, and private.",
        "nanoclaw containers logs family",
        "nanoclaw containers logs -f",
    )
    logs.add_argument(
        "name", metavar="NAME", nargs="?", default=None, help="a container, also one that is gone, or a group"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing what the log adds, until interrupted")
    logs.add_argument(
        "-n", dest="limit", metavar="N", type=int, default=50, help="how many at most, 1 to 100000 (default: 50)"
    )
    logs.add_argument(
        "--since", metavar="TIME", default="1d", help="none older: ISO 8601, or 30m, 2h, 3d, 1w (default: 1d)"
    )


def _add_ends(actions: "Subparsers") -> None:
    stop = add_command(
        actions,
        "stop",
        "End containers. A running assistant first stops what their groups' agents do, so that it is not tried again;"
        " the next message starts a new one.",
        "nanoclaw containers stop family",
    )
    stop.add_argument("names", metavar="NAME", nargs="+", help="a container, or a group's folder")
    rm = add_command(
        actions, "rm", "Remove containers that no longer run.", "nanoclaw containers rm nanoclaw-1a2b3c4d-main-19abc1"
    )
    rm.add_argument("names", metavar="NAME", nargs="+", help="a container, or a group's folder")
    prune = add_command(
        actions,
        "prune",
        "Remove what is of no more use: containers that ended, and those that run though no assistant looks after them."
        " Those of a running assistant stay.",
        "nanoclaw containers prune --dry-run",
    )
    prune.add_argument("--dry-run", action="store_true", help="only say what would go")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A document for each action; see ``--json``."""
    from nanoclaw.cli.containers import acting, looking  # noqa: PLC0415 - imports the sandboxes

    actions = {
        "list": looking.listing,
        "stats": looking.stats,
        "logs": looking.logs,
        "stop": acting.stop,
        "rm": acting.rm,
        "prune": acting.clear,
        "exec": acting.enter,
    }
    return actions[arguments.action](arguments, context)

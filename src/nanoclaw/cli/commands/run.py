"""``nanoclaw run``."""

import argparse
from typing import TYPE_CHECKING

from nanoclaw.cli.complaints import complain
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_command
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """What a restore drill needs besides."""
    parser = add_command(
        subparsers,
        "run",
        "Start the assistant and stay until it is stopped. One daemon runs in a home folder. SIGTERM and Ctrl-C stop it"
        " gracefully: what it took in is on disk, and goes on at the next start.",
        "nanoclaw run",
        "nanoclaw --home /srv/assistant run",
    )
    parser.add_argument(
        "--rehearsal",
        action="store_true",
        help="open and check everything and answer status, but start no channel and no agent, and send nothing",
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """Become the daemon; its exit status is ours."""
    if arguments.rehearsal:
        from nanoclaw.daemon.rehearsal import rehearse  # noqa: PLC0415 - only for this

        rehearse(context.home, context.say)
        return Result()
    from nanoclaw.daemon.hopeless import failure_status  # noqa: PLC0415 - the whole program hangs on it
    from nanoclaw.daemon.lock import HomeInUseError  # noqa: PLC0415
    from nanoclaw.daemon.main import run_daemon  # noqa: PLC0415

    try:
        return Result(exit=Exit(run_daemon(context.home)))
    except HomeInUseError as error:
        complain(context, error)
        return Result(exit=Exit(failure_status(error)))
    except NanoclawError as error:
        complain(context, error)
        _alert(context, f"The assistant cannot run: {error}. {error.hint}")
        return Result(exit=Exit(failure_status(error)))
    except Exception as error:
        # A defect of ours: whoever called us keeps the details, the owner hears that nothing runs any more.
        _alert(context, f"The assistant ended unexpectedly ({type(error).__name__}).")
        raise


def _alert(context: Context, text: str) -> None:
    """No chat works now; the alert routes may."""
    from nanoclaw.operations.alerts.starting import alert_without_daemon  # noqa: PLC0415 - only when all is lost

    if alert_without_daemon(context.home, context.clock, text):
        context.say("The owner's alert routes were told, once a day for the same cause: `nanoclaw alerts history`.")

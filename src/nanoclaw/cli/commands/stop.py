"""``nanoclaw stop``."""

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_command
from nanoclaw.control.errors import DaemonBusyError, DaemonDownError, DaemonLostError
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_PATIENCE = 60.0


class StillRunningError(NanoclawError):
    """The daemon was asked to stop, and is still there."""


def add_parser(subparsers: "Subparsers") -> None:
    """Takes nothing of its own."""
    add_command(
        subparsers,
        "stop",
        "Stop the assistant and wait until it is gone, 60 s at most. Running turns get some time to end; what is not"
        " finished goes on at the next start. Quiet when no daemon runs.",
        "nanoclaw stop",
    )


def run(_arguments: argparse.Namespace, context: Context) -> Result:
    """A ``Done``; ``changed`` is false when nothing ran."""
    try:
        process = context.client.status()["pid"]
        context.client.stop()
    except DaemonDownError:
        return Result(document={"changed": False}, text="No assistant is running.")
    except DaemonLostError:
        process = None  # It was quicker than its answer.
    wait_until_gone(context, process, _PATIENCE)
    return Result(document={"changed": True}, text="Stopped.")


def wait_until_gone(context: Context, process: int | None, patience: float) -> None:
    """Return once nobody listens on the control socket any more and the process has ended.

    Raises:
        StillRunningError: it took longer than ``patience`` seconds.
    """
    end = context.clock.monotonic() + patience
    while context.clock.monotonic() < end:
        if not _listens(context) and not (process and _lives(process)):
            return
        time.sleep(0.1)
    raise StillRunningError(
        f"The daemon still runs {patience:.0f} s after it was asked to stop",
        hint="A turn may be running; 'nanoclaw status' shows it. Its log is logs/nanoclaw.log in the home folder.",
    )


def _listens(context: Context) -> bool:
    try:
        context.client.status()
    except DaemonDownError:
        return False
    except (DaemonLostError, DaemonBusyError):
        return True  # On its way out.
    return True


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
        # Where nobody collects ended processes, a dead one keeps its number.
        return ") Z " not in Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except (ProcessLookupError, PermissionError):
        return False
    except OSError:
        return True  # It lives, and this system has no /proc.

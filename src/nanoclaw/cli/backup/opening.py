"""The backups that a command means."""

import argparse
import os
from pathlib import Path

from nanoclaw.cli.context import Context
from nanoclaw.operations.backup.opening import Opened, open_backups

_NICE = 10


def gently(arguments: argparse.Namespace) -> None:
    """Give way to everything else, where that was asked for."""
    if arguments.gently:
        os.nice(_NICE)


def open_for(arguments: argparse.Namespace, context: Context) -> Opened:
    """Those in the home, or where ``--from`` says."""
    place, key = arguments.place, arguments.key_file
    return open_backups(
        context.home,
        context.clock,
        place=Path(place).absolute() if place else None,
        key_file=Path(key).absolute() if key else None,
    )

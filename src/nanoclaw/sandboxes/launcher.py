"""A command as one executable file, for callers that take a path where we have an argv."""

import contextlib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.engine import CLIENT_VARIABLES
from nanoclaw.sandboxes.environment import INHERITED

_NAME = "claude"


def write_launcher(directory: Path, command: Sequence[str]) -> Path:
    """Write a script that becomes ``command`` with the script's own arguments appended; mode 700.

    It hands on only the variables that an engine's client needs and the three that the Claude Agent SDK sets for
    ``claude``, so that no credential of the daemon's environment reaches the client. An older launcher in the same
    directory is replaced in one step; a process that was started from it is not disturbed.

    Raises:
        SandboxError: the directory cannot be written.
    """
    kept = " ".join(f'${{{name}+"{name}=${name}"}}' for name in (*CLIENT_VARIABLES, *INHERITED))
    text = f'#!/bin/sh\nexec /usr/bin/env -i {kept} {shlex.join(command)} "$@"\n'
    path = directory / _NAME
    partial = directory / f".{_NAME}.partial"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise SandboxError(
            f"Cannot write {path}: {error.strerror}", hint="Free some space, or check who owns the folder."
        ) from error
    return path

"""Unix sockets below a home folder whose path is longer than a socket address can hold."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nanoclaw.model.errors import NanoclawError

_LONGEST = 107 if sys.platform == "linux" else 103
"""Bytes of a path that fit into a socket address, without the closing NUL."""


class SocketPathError(NanoclawError):
    """A path is too long for a socket."""


@contextmanager
def bindable_path(path: Path) -> Iterator[str]:
    """A name for ``path`` that ``bind`` and ``connect`` take, valid inside the ``with`` block.

    A long path is reached through a descriptor of its folder, which only Linux offers.

    Raises:
        SocketPathError: the path is too long, and this system has no way around it.
        OSError: the folder of a long path cannot be opened.
    """
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    if sys.platform != "linux":
        raise SocketPathError(
            f"The path {path} is longer than the {_LONGEST} bytes that a socket can have here",
            hint="Choose a home folder with a shorter path, with --home or NANOCLAW_HOME.",
        )
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)

"""``python -P -m nanoclaw.channels.whatsapp.child FOLDER SOCKET PARENT PAIRED``: started by ``keeper`` alone."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from pathlib import Path

from nanoclaw.channels.whatsapp.child.program import Place, Program, end_at_once

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Live until the parent goes away."""
    folder, descriptor, parent, paired = sys.argv[1:5]
    os.umask(0o077)  # the library makes its database with what is left
    sys.setswitchinterval(0.001)  # Go's threads wait for the interpreter before they may go on
    _die_with(int(parent))
    link = socket.socket(fileno=int(descriptor))
    place = Place(folder=Path(folder), paired=paired == "paired")
    try:
        asyncio.run(_run(place, link))
    finally:
        end_at_once(1)


async def _run(place: Place, link: socket.socket) -> None:
    await Program(place, link, end_at_once).run()


def _die_with(parent: int) -> None:
    """Be killed when the parent dies, even if it could not close the socket. Elsewhere the socket's end must do."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            end_at_once(0)


main()

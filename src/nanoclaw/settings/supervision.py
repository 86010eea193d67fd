"""Who started this process, as its environment tells: a service manager that starts it again, or a person."""

import os
from dataclasses import dataclass

MARK = "NANOCLAW_SUPERVISED"
"""Set to 1 by whoever starts the daemon again when it ends, and cannot be recognised otherwise."""
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """What looks after this process."""

    supervised: bool = False
    """Something starts it again when it ends."""
    notify_socket: str = ""
    """Where systemd wants to be told; ``@`` in front for a name outside of the file system; empty: nowhere."""
    watchdog_seconds: float = 0
    """Without a sign of life for so long systemd kills the process; 0: it does not watch."""


def find_supervision() -> Supervision:
    """What the environment says about this very process, not about one that it was started by."""
    environment, process = os.environ, str(os.getpid())
    socket = environment.get("NOTIFY_SOCKET", "")
    socket = socket if socket.startswith(("/", "@")) else ""
    watched = environment.get("WATCHDOG_PID", process) == process
    microseconds = environment.get("WATCHDOG_USEC", "")
    seconds = int(microseconds) / _MICROSECONDS if watched and microseconds.isascii() and microseconds.isdigit() else 0
    supervised = (
        bool(socket)
        # Set by systemd for the process that it starts; whatever that starts inherits it with another process id.
        or environment.get("SYSTEMD_EXEC_PID") == process
        or environment.get(MARK, "") not in {"", "0"}
        or environment.get("SUPERVISOR_ENABLED") == "1"
        # The first process of a container, whose engine has a restart policy.
        or process == "1"
    )
    return Supervision(supervised=supervised, notify_socket=socket, watchdog_seconds=seconds)

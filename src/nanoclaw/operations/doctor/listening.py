"""Whether somebody listens on a socket."""

import socket
import stat
from pathlib import Path

from nanoclaw.settings.sockets import SocketPathError, bindable_path

_SECONDS = 0.5


def is_stale(path: Path) -> bool:
    """A socket on which a connection is refused: whoever made it is gone. Blocks for half a second at most."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        with bindable_path(path) as name, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(_SECONDS)
            probe.connect(name)
    except ConnectionRefusedError:
        return True
    except (OSError, SocketPathError):
        return False
    return False


def can_listen(port: int) -> bool:
    """Whether a loopback port is free: we could listen on it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

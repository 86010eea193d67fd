"""Tells systemd how the daemon is, by its notify protocol: a datagram of ``NAME=value`` lines. See sd_notify(3)."""

import socket
from pathlib import Path

from nanoclaw.settings.sockets import SocketPathError, bindable_path

_SECONDS = 1.0


class Notifier:
    """Speaks to the address in ``NOTIFY_SOCKET``; without one, to nobody. Being unheard is no error."""

    def __init__(self, address: str) -> None:
        self._address = address

    def tell(self, *lines: str) -> None:
        """Send lines such as ``READY=1``."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
                link.settimeout(_SECONDS)
                message = "\n".join(lines).encode()
                if self._address.startswith("@"):
                    link.sendto(message, f"\0{self._address[1:]}")
                else:
                    with bindable_path(Path(self._address)) as name:
                        link.sendto(message, name)
        except (OSError, SocketPathError):
            # Whoever does not hear us acts on that by itself.
            return

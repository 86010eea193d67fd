"""Listening Unix sockets that only one agent can reach."""

import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.gateway.contract import GatewayError

Owner = tuple[int, int]
"""Numbers of a user and a group on the host."""

_BACKLOG = 64
_LONGEST_PATH = 103
"""Bytes; macOS and the BSDs have the smallest field for it."""


@dataclass(frozen=True, slots=True)
class ListeningSocket:
    """A bound socket that listens. ``path`` may be too long to connect to by name."""

    socket: socket.socket
    path: Path
    inode: int

    def remove(self) -> None:
        """Take the file away, unless another socket has taken the name since. The socket itself stays open."""
        try:
            if self.path.lstat().st_ino == self.inode:
                self.path.unlink()
        except FileNotFoundError:
            return


def listen_in(
    directory: Path, names: Sequence[str], owner: Owner | None, *, through_proc: bool = sys.platform == "linux"
) -> list[ListeningSocket]:
    """Create ``directory`` (mode 700) and in it the sockets (mode 600), all of them ``owner``'s.

    Args:
        directory: absolute; its parents are created too.
        names: file names; whatever has one of them is removed first.
        owner: who may connect; None means the user that runs this.
        through_proc: bind by way of ``/proc/self/fd``, so that the path may have any length.

    Raises:
        GatewayError: the system refused, or the path is too long for it.
    """
    opened: list[ListeningSocket] = []
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            # Ours alone until the sockets are finished: an agent of an earlier start must not swap files meanwhile.
            os.fchmod(folder, 0o700)
            if owner is not None:
                os.fchown(folder, os.geteuid(), os.getegid())
            for name in names:
                opened.append(_listen(folder, directory / name, owner, through_proc=through_proc))  # noqa: PERF401 - closed below if one fails
            if owner is not None:
                os.fchown(folder, *owner)
        finally:
            os.close(folder)
    except OSError as error:
        _close_all(opened)
        raise GatewayError(
            f"Cannot open the gateway's sockets in {directory}: {error.strerror or error}",
            hint="The folder must belong to the user that runs nanoclaw; remove what stands there and try again.",
        ) from error
    except GatewayError:
        _close_all(opened)
        raise
    return opened


def _listen(folder: int, path: Path, owner: Owner | None, *, through_proc: bool) -> ListeningSocket:
    if not through_proc and len(os.fsencode(path)) > _LONGEST_PATH:
        raise GatewayError(
            f"The path of the gateway's socket is longer than this system allows: {path}",
            hint=f"Choose a home folder (--home) so that the path has at most {_LONGEST_PATH} bytes.",
        )
    name = path.name
    reachable = f"/proc/self/fd/{folder}/{name}" if through_proc else str(path)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
    try:
        listener.setblocking(False)
        listener.bind(reachable)
        # Nobody can connect before listen(), so the mode is right from the first moment on.
        Path(reachable).chmod(0o600)
        if owner is not None:
            os.chown(name, *owner, dir_fd=folder, follow_symlinks=False)
        listener.listen(_BACKLOG)
        inode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino
    except BaseException:
        listener.close()
        raise
    return ListeningSocket(listener, path, inode)


def _close_all(opened: list[ListeningSocket]) -> None:
    for entry in opened:
        entry.socket.close()
        entry.remove()

"""One daemon a home: an advisory lock that the system lets go of when the process ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.home import HomeError


class HomeInUseError(NanoclawError):
    """Another process has this home."""


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Have the home to ourselves for the length of the ``with`` block.

    Raises:
        HomeInUseError: another process has it; says which.
        HomeError: the lock cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeError(f"Cannot write {path}: {error.strerror}", hint="Mend its disk, mode or owner.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "?"
            raise HomeInUseError(
                f"{path.parent.parent} is in use by process {holder}",
                hint="If that is the assistant, `nanoclaw stop` ends it. Another command: let it come to its end.",
            ) from error
        with suppress(OSError):  # On a full disk others are not told who has it, but nobody else gets it.
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)

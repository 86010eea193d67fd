"""Where alerts are kept: one small file that is replaced whole, for the daemon and commands at the same time.

It is no table of the database: a damaged database is among the things to be told.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nanoclaw.operations.alerts.contract import AlertError, Route
from nanoclaw.operations.alerts.state import State, read_state, write_state
from nanoclaw.settings.home import Home


class Book:
    """The alerts of one home. Its calls wait for the disk: not for the event loop's thread."""

    def __init__(self, home: Home) -> None:
        self.path = home.alerts

    def read(self) -> State:
        """What is remembered; nothing where there is no file, or where it is damaged.

        Raises:
            AlertError: the file cannot be read.
        """
        try:
            return read_state(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise AlertError(f"Cannot read {self.path}: {error.strerror}", hint="Mend its mode or owner.") from error
        except (ValueError, LookupError, TypeError, AttributeError):
            return State()

    @contextmanager
    def change(self) -> Iterator[State]:
        """The state, to be changed; on disk when the block has ended. A damaged file is set aside.

        Raises:
            AlertError: it cannot be read or written; nothing is changed.
        """
        try:
            with self._locked():
                state = self._taken()
                yield state
                self._replace(write_state(state))
        except OSError as error:
            raise AlertError(
                f"Cannot write {self.path}: {error.strerror}", hint="Mend its disk, mode or owner."
            ) from error

    def _taken(self) -> State:
        try:
            state = read_state(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            state = State()
        except (ValueError, LookupError, TypeError, AttributeError):
            self.path.replace(self.path.with_name(f"{self.path.name}.damaged"))
            state = State()
        if not state.salt:
            state.salt = secrets.token_hex(16)
        return state

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self.path.with_suffix(".lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            # Held for one small write; the kernel lets go of it however its holder ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, text: str) -> None:
        fresh = self.path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        _sync(self.path.parent)


def mark_of(state: State, route: Route) -> str:
    """Tells whether an address is still the one that was tested, and nothing else of it."""
    return hmac.new(state.salt.encode(), route.url.get_secret_value().encode(), hashlib.sha256).hexdigest()[:16]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

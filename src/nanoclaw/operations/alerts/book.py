"""Where alerts are kept: one small file that is replaced whole, for the daemon and commands at the same time.

It is no table of the database: a damaged database is among the things to be told.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from nanoclaw.operations.alerts.contract import AlertError, Route
from nanoclaw.operations.alerts.state import NOT_A_STATE, State, read_state, rejoined, write_state
from nanoclaw.settings.home import Home
from nanoclaw.settings.whole_files import replace_file


class Book:
    """The alerts of one home. Its calls wait for the disk: not for the event loop's thread.

    What cannot be written, such as on a full disk, this object remembers, and writes it with the next change.
    """

    def __init__(self, home: Home) -> None:
        self.path = home.alerts
        self._turn = threading.Lock()
        self._unwritten: str | None = None

    def read(self) -> State:
        """What is remembered; nothing where there is no file, or where it is damaged.

        Raises:
            AlertError: the file cannot be read, and nothing is remembered beside it.
        """
        with self._turn:
            if self._unwritten is not None:
                return read_state(self._unwritten)
        try:
            return self._on_disk()
        except OSError as error:
            raise AlertError(f"Cannot read {self.path}: {error.strerror}", hint="Mend its mode or owner.") from error
        except NOT_A_STATE:
            return State()

    @contextmanager
    def change(self) -> Iterator[State]:
        """The state, to be changed; on disk when the block has ended. A damaged file is set aside.

        Raises:
            AlertError: it cannot be read or written: only this object knows of the change.
        """
        with self._turn, ExitStack() as held:
            problem, state = None, State()
            try:
                held.enter_context(self._locked())
                state = self._from_disk()
            except OSError as error:
                problem = error
            if self._unwritten is not None:
                state = rejoined(read_state(self._unwritten), state)
            state.salt = state.salt or secrets.token_hex(16)
            yield state
            text = write_state(state)
            self._unwritten = text
            try:
                if problem is not None:
                    raise problem
                replace_file(self.path, text.encode("utf-8", "backslashreplace"))
            except OSError as error:
                raise AlertError(
                    f"Cannot write {self.path}: {error.strerror}", hint="Mend its disk, mode or owner."
                ) from error
            self._unwritten = None

    def _on_disk(self) -> State:
        try:
            return read_state(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return State()

    def _from_disk(self) -> State:
        try:
            return self._on_disk()
        except NOT_A_STATE:
            self.path.replace(self.path.with_name(f"{self.path.name}.damaged"))
            return State()

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


def mark_of(state: State, route: Route) -> str:
    """Tells whether an address is still the one that was tested, and nothing else of it."""
    return hmac.new(state.salt.encode(), route.url.get_secret_value().encode(), hashlib.sha256).hexdigest()[:16]

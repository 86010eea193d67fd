"""One at a time: a message is being decrypted, or one of ours encrypted.

Both change the keys of a conversation. What a crash interrupted can only be taken back if it was alone.
"""

import threading

IN, OUT = "in", "out"


class Turns:
    """A lock that may be given back by another thread than the one that took it, and twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = ""

    def take(self, owner: str, seconds: float) -> bool:
        """Wait for the turn; whether it came in time."""
        if not self._lock.acquire(timeout=seconds):
            return False
        self._owner = owner
        return True

    def give(self, owner: str) -> None:
        """Done, if it is the owner's turn at all."""
        if self._owner == owner:
            self._owner = ""
            self._lock.release()

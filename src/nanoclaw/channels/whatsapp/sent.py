"""The ids of our own messages: they tell a reply to the assistant from one to its owner, who has the same account.

A file of lines, appended to and shortened at every opening. Losing one to a crash costs that a reply to that one
message does not wake the assistant by itself.
"""

import os
from pathlib import Path

from nanoclaw.channels.contract import ChannelError
from nanoclaw.settings.whole_files import append_whole, replace_file

_FILE = "sent"
_AT_MOST = 20_000


class SentIds:
    """The newest ids."""

    def __init__(self, folder: Path, *, at_most: int = _AT_MOST) -> None:
        self._path = folder / _FILE
        self._at_most = at_most
        self._ids: dict[str, None] = {}
        self._file = -1

    def open(self) -> None:
        """Read them. Blocks.

        Raises:
            ChannelError: the file cannot be read or written.
        """
        try:
            found = self._path.read_text("utf-8", "replace").split("\n") if self._path.exists() else []
            self._ids = dict.fromkeys([line for line in found if line][-self._at_most :])
            replace_file(self._path, "".join(f"{identity}\n" for identity in self._ids).encode())
            self.close()
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise ChannelError(
                f"Cannot keep {self._path}: {error.strerror}", hint="Mend its mode, or free some space."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __contains__(self, identity: str) -> bool:
        return identity in self._ids

    def add(self, identity: str) -> None:
        """A message of ours has this id. Never fails: the message is sent already."""
        if not identity or identity in self._ids:
            return
        self._ids[identity] = None
        if len(self._ids) > 2 * self._at_most:
            self._ids = dict.fromkeys(list(self._ids)[-self._at_most :])
        try:
            append_whole(self._file, f"{identity}\n".encode())
        except OSError:
            return

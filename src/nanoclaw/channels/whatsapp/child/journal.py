"""Which message of the network's is which of the parent's: so that what is sent again after a crash is not sent twice.

The library chooses the ids. But it shows each node before it leaves, so the id is here, on disk, before the message is
out. ``named`` and not ``done`` means: it may have left. Rows have a fixed width and are completed in place, which works
on a full disk too.
"""

import contextlib
import errno
import json
import os
import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from nanoclaw.model.clock import Clock

_ROWS = 10_000
_DAYS = 7
_DAY = 86_400_000
_ROOM = 160  # for the network's id and the state, beside the parent's id


class Stage(StrEnum):
    """How far a message of ours came."""

    MEANT = "meant"
    NAMED = "named"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message of ours: the parent's id, and the network's once it has one."""

    client_id: str
    at: int
    stage: Stage
    network_id: str = ""


class Journal:
    """The file. ``name`` is called by Go's threads while a message is on its way out."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._file = -1
        self._rows: dict[str, Sent] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._ours: dict[str, str] = {}
        self._current = ""

    def open(self) -> None:
        """Read it, and forget what is old.

        Raises:
            OSError: it cannot be read or written.
        """
        rows = _read(self._path)
        oldest = self._clock.now() - _DAYS * _DAY
        kept = [row for row in rows if row.at >= oldest][-_ROWS:]
        fresh = self._path.with_suffix(".new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        self._file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        for row in kept:
            self._add(row)
        os.fsync(self._file)
        fresh.replace(self._path)

    def find(self, client_id: str) -> Sent | None:
        """What is known of a message of the parent's."""
        return self._rows.get(client_id)

    def is_ours(self, network_id: str) -> bool:
        """Whether we sent the message of this id."""
        return network_id in self._ours

    def begin(self, client_id: str) -> None:
        """The next new message that leaves is this one.

        Raises:
            OSError: there is no room to write it down: do not send it.
        """
        with self._lock:
            row = self._rows.get(client_id)
            if row is None:
                self._add(Sent(client_id=client_id, at=self._clock.now(), stage=Stage.MEANT))
                os.fsync(self._file)
            elif row.stage is not Stage.MEANT:
                self._put(replace(row, stage=Stage.MEANT, network_id=""))
            self._current = client_id

    def name(self, network_id: str) -> None:
        """A message with this id is about to leave."""
        with self._lock:
            if self._current and network_id not in self._ours:
                row = self._rows[self._current]
                self._current = ""
                self._put(replace(row, stage=Stage.NAMED, network_id=network_id))

    def confirmed(self, network_id: str) -> None:
        """The network, or a recipient, says that it has this message: on disk before they hear that we know."""
        with self._lock:
            row = self._rows.get(self._ours.get(network_id, ""))
            if row is not None and row.stage is Stage.NAMED and row.network_id == network_id:
                self._put(replace(row, stage=Stage.DONE))

    def end(self, client_id: str, stage: Stage) -> None:
        """How it ended. ``NAMED`` changes nothing: it may have left, or not. What is confirmed stays so."""
        with self._lock:
            self._current = ""
            row = self._rows[client_id]
            if stage is not Stage.NAMED and row.stage is not Stage.DONE:
                self._put(replace(row, stage=stage))

    def _add(self, row: Sent) -> None:
        start = os.lseek(self._file, 0, os.SEEK_END)
        width = len(_line(row, 0)) + _ROOM
        line = _line(row, width)
        if os.pwrite(self._file, line, start) != len(line):
            os.ftruncate(self._file, start)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._places[row.client_id] = (start, width)
        self._remember(row)

    def _put(self, row: Sent) -> None:
        start, width = self._places[row.client_id]
        os.pwrite(self._file, _line(row, width), start)
        os.fdatasync(self._file) if hasattr(os, "fdatasync") else os.fsync(self._file)
        self._remember(row)

    def _remember(self, row: Sent) -> None:
        self._rows[row.client_id] = row
        if row.network_id:
            self._ours[row.network_id] = row.client_id


def _line(row: Sent, width: int) -> bytes:
    text = json.dumps({"client": row.client_id, "at": row.at, "stage": row.stage, "id": row.network_id})
    return text.encode().ljust(width - 1) + b"\n"


def _read(path: Path) -> list[Sent]:
    rows: dict[str, Sent] = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError, KeyError, TypeError):  # a torn row was never acted upon
            told = json.loads(line)
            row = Sent(client_id=told["client"], at=told["at"], stage=Stage(told["stage"]), network_id=told["id"])
            rows[row.client_id] = row
    return list(rows.values())

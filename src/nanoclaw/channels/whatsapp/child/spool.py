"""What came in, on disk before the network is told so, until the parent has it.

A folder of segments, each a row of records: a head (length, checksum), a number, a kind, a key, the bytes as they came.
A segment is deleted when the parent has all of it; ``seen`` then keeps only its keys, so that a message that the
network brings again is known. Writing is quick; a thread of its own makes records durable, many at a time.
"""

import contextlib
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path

SEGMENT = 1024 * 1024
HELD = 2_000
"""How many messages may wait for the parent; the client waits when there are more."""
_HEAD = struct.Struct(">II")
_BODY = struct.Struct(">Qc16s")
_NO_KEY = bytes(16)
_REMEMBERED = 20_000
_QUIET = 2.0
_AGAIN = 0.5
_SKIPPED = 1_000_000


class Kind(StrEnum):
    """What a record is."""

    MESSAGE = "M"
    """A message event of the library."""
    LATER = "U"
    """An undecryptable message, which may still come: an event of the library."""
    LOST = "X"
    """A message that will not come: JSON."""
    HISTORY = "H"
    """A message of the time before: JSON and bytes."""
    NOTHING = "S"
    """A message that is of no interest; only its key counts."""
    BEGUN = "B"
    """The client is about to decrypt a message: JSON. Until ``ENDED`` it is in doubt what became of it."""
    ENDED = "E"
    """What was begun under this key has ended, and is written down."""
    KEPT = "K"
    """The parent has the record of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that came in, by its number."""

    number: int
    kind: Kind
    key: bytes
    data: bytes


def key_of(identity: str, chat: str, sender: str) -> bytes:
    """What makes a message one message: in a group two people may use the same id."""
    return blake2b(f"{identity}\0{chat}\0{sender}".encode(), digest_size=16).digest()


class Spool:
    """The folder. ``append`` and ``wait`` are called by Go's threads, the rest by ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._file = -1
        self._size = 0
        self._number = 0
        self._durable = 0
        self._unwritten: list[bytes] = []
        self._early: set[int] = set()  # kept by the parent before they were on our disk
        self._open: dict[int, set[int]] = {}  # first number of a segment -> numbers in it that the parent has not
        self._segment = 0
        self._where: dict[int, int] = {}
        self._seen: dict[bytes, None] = {}
        self._segment_keys: dict[int, list[bytes]] = {}
        self._closing = False
        self.full = False
        """The disk takes nothing more. What comes is held in memory, and not confirmed."""

    def open(self) -> list[Record]:
        """What the parent did not get, in order. Starts the thread.

        Raises:
            OSError: the folder cannot be made or read.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._remember(self._read_seen())
        waiting: dict[int, Record] = {}
        for path in sorted(self._folder.glob("*.spool")):
            first = int(path.stem)
            self._open[first] = set()
            for record in read_records(path.read_bytes()):
                self._take(record, first, waiting)
            self._number = max(self._number, first - 1)
        # Others that a full disk did not take were told all the same, and the parent may still have them in hand.
        self._number += _SKIPPED
        self._durable = self._number
        self._start_segment()
        for first in [first for first in self._open if first != self._segment and not self._open[first]]:
            self._drop(first)
        threading.Thread(target=self._sync_for_ever, name="spool", daemon=True).start()
        return list(waiting.values())

    def append(self, kind: Kind, key: bytes, data: bytes) -> int:
        """Write a record down; its number. Not yet durable: ``wait``. Waits itself when too many are held."""
        with self._changed:
            while len(self._where) >= HELD and not self._closing:
                self._changed.wait(1)
            self._number += 1
            number = self._number
            if kind is not Kind.NOTHING:
                self._where[number] = self._segment
                self._open[self._segment].add(number)
            if kind is not Kind.LATER:
                self._remember([key])
                self._segment_keys.setdefault(self._segment, []).append(key)
            self._write(pack(number, kind, key, data))
            self._changed.notify_all()
        return number

    def note(self, kind: Kind, key: bytes, data: bytes = b"") -> None:
        """Write down that something begins or has ended: at once, but not durably."""
        with self._changed:
            self._write(pack(self._number, kind, key, data))

    def wait(self, number: int, seconds: float) -> bool:
        """Wait until a record is on disk, or the parent has it; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_safe(number), seconds)

    def kept(self, number: int) -> None:
        """The parent has it."""
        with self._changed:
            segment = self._where.pop(number, None)
            if segment is None:
                return
            self._open[segment].discard(number)
            if number > self._durable:
                self._early.add(number)
            self._write(pack(number, Kind.KEPT, _NO_KEY, b""))
            if segment != self._segment and not self._open[segment]:
                self._drop(segment)
            self._changed.notify_all()

    def has(self, key: bytes) -> bool:
        """Whether a message of this key was ever written down, as far as is remembered."""
        with self._lock:
            return key in self._seen

    def close(self) -> None:
        """Make all durable, once more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._sync()

    def _is_safe(self, number: int) -> bool:
        return number <= self._durable or number in self._early

    def _take(self, record: Record, first: int, waiting: dict[int, Record]) -> None:
        if record.kind is Kind.KEPT:
            waiting.pop(record.number, None)
            segment = self._where.pop(record.number, None)
            if segment is not None:
                self._open[segment].discard(record.number)
            return
        self._number = max(self._number, record.number)
        if record.kind in {Kind.BEGUN, Kind.ENDED}:
            return
        if record.kind is not Kind.LATER:
            self._remember([record.key])
            self._segment_keys.setdefault(first, []).append(record.key)
        if record.kind is not Kind.NOTHING:
            waiting[record.number] = record
            self._where[record.number] = first
            self._open[first].add(record.number)

    def _write(self, record: bytes) -> None:
        if self._unwritten or not self._put(record):
            self._unwritten.append(record)

    def _put(self, record: bytes) -> bool:
        written = 0
        with contextlib.suppress(OSError):
            written = os.write(self._file, record)
        self.full = written != len(record)
        if self.full:
            # Half a record would hide what comes after it.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            return False
        self._size += len(record)
        return True

    def _sync_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._number > self._durable or self._closing, _QUIET)
                if self._closing:
                    return
            try:
                self._sync()
            except OSError:
                time.sleep(_AGAIN)  # nothing counts as durable, so nothing is confirmed

    def _sync(self) -> None:
        with self._changed:
            while self._unwritten and self._put(self._unwritten[0]):
                del self._unwritten[0]
            file, reached, held = self._file, self._number, bool(self._unwritten)
        if held:
            time.sleep(_AGAIN)
            return
        if reached > self._durable:
            os.fsync(file)
        with self._changed:
            self._durable = max(self._durable, reached)
            self._early = {number for number in self._early if number > self._durable}
            self._changed.notify_all()
            idle = self._size and not self._open[self._segment] and reached == self._number
            if self._size > SEGMENT or idle:
                self._turn()

    def _turn(self) -> None:
        old, file = self._segment, self._file
        os.fsync(file)
        self._start_segment()
        os.close(file)
        if not self._open[old]:
            self._drop(old)

    def _start_segment(self) -> None:
        first = self._number + 1
        while (self._folder / _segment_name(first)).exists():
            first += 1
        path = self._folder / _segment_name(first)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = 0
        self._segment, self._number = first, first - 1
        self._durable = max(self._durable, self._number)
        self._open[first] = set()
        _sync_folder(self._folder)

    def _drop(self, first: int) -> None:
        keys = [key for key in self._segment_keys.pop(first, []) if key != _NO_KEY]
        try:
            self._write_seen(keys)
        except OSError:
            return  # no room for the keys: the segment keeps them
        del self._open[first]
        (self._folder / _segment_name(first)).unlink(missing_ok=True)

    def _remember(self, keys: list[bytes]) -> None:
        for key in keys:
            self._seen.pop(key, None)
            self._seen[key] = None
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]

    def _read_seen(self) -> list[bytes]:
        path = self._folder / "seen"
        data = path.read_bytes() if path.exists() else b""
        return [data[at : at + 16] for at in range(0, len(data) - len(data) % 16, 16)]

    def _write_seen(self, keys: list[bytes]) -> None:
        if not keys:
            return
        path = self._folder / "seen"
        if path.exists() and path.stat().st_size > 2 * 16 * _REMEMBERED:
            fresh = path.with_suffix(".new")
            fresh.write_bytes(b"".join(self._seen))
            fresh.replace(path)
        with path.open("ab") as file:
            file.write(b"".join(keys))
            file.flush()
            os.fsync(file.fileno())


def in_doubt(folder: Path) -> bytes:
    """What was begun last, if it has not ended; else empty. For before the spool is opened."""
    doubt: Record | None = None
    for path in sorted(folder.glob("*.spool")):
        for record in read_records(path.read_bytes()):
            if record.kind is Kind.BEGUN:
                doubt = record
            elif record.kind is Kind.ENDED and doubt is not None and record.key == doubt.key:
                doubt = None
    return doubt.data if doubt else b""


def pack(number: int, kind: Kind, key: bytes, data: bytes) -> bytes:
    """A record as it is written."""
    body = _BODY.pack(number, kind.encode(), key) + data
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def read_records(data: bytes) -> Iterator[Record]:
    """The records of a segment, up to where it was torn."""
    at = 0
    while at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + _HEAD.size + length]
        if len(body) != length or length < _BODY.size or zlib.crc32(body) != checksum:
            return
        number, kind, key = _BODY.unpack_from(body)
        yield Record(number=number, kind=Kind(kind.decode()), key=key, data=body[_BODY.size :])
        at += _HEAD.size + length


def _segment_name(first: int) -> str:
    return f"{first:016d}.spool"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

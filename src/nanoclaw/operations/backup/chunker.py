"""Files become chunks: cut, named, and kept where they are not there yet."""

import os
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from nanoclaw.operations.backup.reach import read_pieces
from nanoclaw.operations.backup.repository import CHUNKS
from nanoclaw.operations.backup.scan import stamp_of
from nanoclaw.operations.backup.seals import CHUNK_BYTES, Seal
from nanoclaw.operations.backup.snapshot import Stamp
from nanoclaw.operations.backup.vault import Vault

_AT_ONCE = 64
_BATCH_BLOBS = 512
_BATCH_BYTES = 8 * 2**20


@dataclass(slots=True)
class Tally:
    """What was done."""

    read: int = 0
    """Bytes of files that were read, not taken to be unchanged."""
    written: int = 0
    """Bytes added to the vault."""
    chunks: int = 0
    """Chunks added."""


class ChunkIntake:
    """Takes files in, one after the other; what it took is on disk after :meth:`flush`."""

    def __init__(self, vault: Vault, seal: Seal) -> None:
        self._vault = vault
        self._seal = seal
        self.wrapped = seal.wrapped
        self.known = set(vault.names(CHUNKS))
        self.tally = Tally()
        self._batch: dict[str, bytes] = {}
        self._batch_bytes = 0
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="backup")

    def take(self, descriptor: int, limit: int) -> tuple[tuple[str, ...], int]:
        """The chunks of an open file's first ``limit`` bytes, and how many those are.

        Raises:
            OSError: it cannot be read. NoRoomError, BackupError: the chunks cannot be kept.
        """
        pieces = read_pieces(descriptor, CHUNK_BYTES, limit)
        names: list[str] = []
        size = 0
        for group in _groups(pieces):
            for name, blob in self._prepared(group):
                names.append(name)
                self._keep(name, blob)
            size += sum(map(len, group))
        self.tally.read += size
        return tuple(names), size

    def flush(self) -> None:
        """Put what was taken on disk."""
        if self._batch:
            self._vault.write(CHUNKS, list(self._batch.items()))
            self.tally.written += self._batch_bytes
            self.tally.chunks += len(self._batch)
            self._batch, self._batch_bytes = {}, 0

    def close(self) -> None:
        """End its threads."""
        self._pool.shutdown()

    def _prepared(self, group: list[bytes]) -> Iterable[tuple[str, bytes | None]]:
        return map(self._prepare, group) if len(group) == 1 else self._pool.map(self._prepare, group)

    def _prepare(self, piece: bytes) -> tuple[str, bytes | None]:
        name = self._seal.name_of(piece)
        return name, None if name in self.known else self._seal.close(name, piece)

    def _keep(self, name: str, blob: bytes | None) -> None:
        if blob is None or name in self.known:
            return
        self.known.add(name)
        self._batch[name] = blob
        self._batch_bytes += len(blob)
        if len(self._batch) >= _BATCH_BLOBS or self._batch_bytes >= _BATCH_BYTES:
            self.flush()


@dataclass(slots=True)
class OpenFile:
    """A regular file, opened for reading in a folder known by descriptor."""

    folder: int
    name: str
    descriptor: int = field(default=-1)

    def __enter__(self) -> tuple[int, Stamp]:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        self.descriptor = os.open(self.name, flags, dir_fd=self.folder)
        status = os.fstat(self.descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(self.descriptor)
            raise FileNotFoundError(2, "no file any more")
        return self.descriptor, stamp_of(status)

    def __exit__(self, *_exception: object) -> None:
        os.close(self.descriptor)


def _groups(pieces: Iterator[bytes]) -> Iterator[list[bytes]]:
    while group := list(islice(pieces, _AT_ONCE)):
        yield group

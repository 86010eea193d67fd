"""Consistent copies of databases, on their way into chunks."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.backup.errors import NoRoomError
from nanoclaw.operations.backup.snapshot import DatabaseFacts
from nanoclaw.store.files import SIDES
from nanoclaw.store.snapshot import copy_database, read_contents


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseCopy:
    """A copy, open for reading; gone after the ``with`` block."""

    descriptor: int
    size: int
    facts: DatabaseFacts


class DatabaseCopies:
    """Makes them in a folder, one at a time."""

    def __init__(self, folder: Path, leave_free: int) -> None:
        self._folder = folder
        self._leave_free = leave_free

    @contextmanager
    def copy(self, source: Path, size: int, told: Callable[[int], None]) -> Iterator[DatabaseCopy]:
        """Of a database that others may be writing to.

        Raises:
            NoRoomError: it would fill the disk, which the writers need.
            StoreError: it cannot be read.
        """
        free = shutil.disk_usage(self._folder).free
        if free - size < self._leave_free:
            raise NoRoomError(
                f"A copy of {source} needs {-(-size // 2**20):,} MiB, of the {free // 2**20:,} MiB that are free"
                f" {self._leave_free // 2**20:,} are to stay",
                hint="Free space there, or lower leave_free_mib under [backup].",
            )
        target = self._folder / secrets.token_hex(4)
        try:
            copy_database(source, target, told)
            contents = read_contents(target, of=source)
            descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                yield DatabaseCopy(
                    descriptor=descriptor,
                    size=os.fstat(descriptor).st_size,
                    facts=DatabaseFacts(schema=contents.schema, rows=contents.rows),
                )
            finally:
                os.close(descriptor)
        finally:
            for ending in ("", *SIDES):
                Path(f"{target}{ending}").unlink(missing_ok=True)

"""Write a snapshot's files into an empty folder: whole, checked, private, and on disk."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from nanoclaw.operations.backup.errors import BackupDamagedError, BackupError, NoRoomError
from nanoclaw.operations.backup.progress import Progress, Step
from nanoclaw.operations.backup.reach import Reach, split
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.seals import Seal
from nanoclaw.operations.backup.snapshot import Entry, EntryType, Snapshot
from nanoclaw.store.migrate import migrations
from nanoclaw.store.snapshot import check_integrity, read_contents
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS

_AT_ONCE = 32
_SPARE = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A snapshot that is being read."""

    repository: Repository
    snapshot: Snapshot
    seal: Seal


def materialize(
    reading: Reading, entries: Sequence[Entry], folder: Path, progress: Progress, *, durable: bool = True
) -> None:
    """Write entries below ``folder``, which holds none of them; all on disk when this returns, if ``durable``.

    Folders become 700, files 600, or 700 where their owner could run them. Links are made last, and as links.

    Raises:
        BackupDamagedError: a chunk is missing or damaged.
        NoRoomError, BackupError: the folder cannot be written.
    """
    total = sum(entry.size for entry in entries)
    _check_room(folder, total)
    try:
        with Reach(folder) as reach, ThreadPoolExecutor(2, thread_name_prefix="restore") as pool:
            done = 0
            for entry in (one for one in entries if one.type is EntryType.FOLDER):
                reach.folder(tuple(entry.path.split("/")), make=True)
            for entry in (one for one in entries if one.type is EntryType.FILE):
                _write(reading, entry, reach, pool)
                done += entry.size
                progress(Step(what=split(entry.path)[1], done=done, total=total))
            for entry in (one for one in entries if one.type is EntryType.LINK):
                parts, name = split(entry.path)
                os.symlink(entry.target, name, dir_fd=reach.folder(parts, make=True))
    except OSError as error:
        if shutil.disk_usage(folder).free < _SPARE:
            raise NoRoomError(f"No room left on the disk of {folder}", hint="Free space there.") from error
        raise BackupError(f"Cannot write below {folder}: {error.strerror}", hint="Check the disk.") from error
    if durable and sys.platform == "linux":
        os.sync()  # Waits until everything is written; cheaper than thousands of single files.


def check_databases(snapshot: Snapshot, folder: Path, *, newer_is_fine: bool) -> dict[str, dict[str, int]]:
    """Check the databases that were written below ``folder``; their rows by table.

    Raises:
        BackupDamagedError: they do not hold what they held.
        BackupError: they are of a newer version of this program.
        StoreError: they are damaged.
    """
    known = {"store/messages.db": migrations()[-1][0], "store/tasks.db": migrations(TASK_MIGRATIONS)[-1][0]}
    found = {}
    for path, facts in snapshot.databases.items():
        if not (folder / path).exists():
            continue
        if facts.schema > known.get(path, facts.schema) and not newer_is_fine:
            raise BackupError(
                f"{path} of this backup has schema {facts.schema}; this version of nanoclaw knows up to {known[path]}",
                hint=f"Restore it with nanoclaw {snapshot.program} or newer.",
            )
        check_integrity(folder / path)
        contents = read_contents(folder / path)
        if contents.rows != facts.rows or contents.schema != facts.schema:
            raise BackupDamagedError(f"{path} does not hold the rows it held", hint="Restore another backup.")
        found[path] = contents.rows
    return found


def _write(reading: Reading, entry: Entry, reach: Reach, pool: ThreadPoolExecutor) -> None:
    parts, name = split(entry.path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=reach.folder(parts, make=True))
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(_contents(reading, entry.chunks, pool))
        file.flush()
        if file.tell() != entry.size:
            raise BackupDamagedError(f"{entry.path} is not as long as it was", hint="Restore another backup.")
        os.fchmod(descriptor, 0o600 | (entry.mode & 0o100))
        os.utime(descriptor, ns=(entry.stamp.modified, entry.stamp.modified))
        if sys.platform != "linux":
            os.fsync(descriptor)


def _contents(reading: Reading, chunks: Sequence[str], pool: ThreadPoolExecutor) -> Iterator[bytes]:
    left = iter(chunks)
    while group := list(islice(left, _AT_ONCE)):
        if len(group) == 1:
            yield reading.repository.chunk(group[0], reading.seal)
        else:
            yield from pool.map(lambda name: reading.repository.chunk(name, reading.seal), group)


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise NoRoomError(
            f"Restoring needs {-(-size // 2**20):,} MiB and {_SPARE // 2**20} MiB to spare,"
            f" and the disk of {folder} has {free // 2**20:,} MiB free",
            hint="Free space there, or restore a part of it with --only.",
        )

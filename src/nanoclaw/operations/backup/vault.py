"""Where blobs are kept: the contract, and a folder that keeps it."""

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Protocol

from nanoclaw.operations.backup.errors import BackupBusyError, BackupDamagedError, BackupError, NoRoomError
from nanoclaw.settings.whole_files import sync, sync_folder

_POLL_SECONDS = 0.2


class Use(Enum):
    """What somebody does with a vault; says who must wait for whom."""

    READ = "read"
    """Reads: no blob is removed meanwhile."""
    ADD = "add"
    """Adds blobs, one at a time; readers go on."""
    REMOVE = "remove"
    """Removes blobs: alone."""


class Vault(Protocol):
    """Keeps blobs by name. A name is one of few folders, a slash, and letters, digits, dots and hyphens.

    A blob that can be read is whole and on disk. Whatever is interrupted at any moment leaves every blob as it was.
    """

    @property
    def place(self) -> str:
        """In words for people."""
        ...

    def names(self, folder: str) -> Iterator[str]:
        """The names of a folder's blobs, without the folder, in no order."""
        ...

    def read(self, folder: str, name: str) -> bytes:
        """A blob.

        Raises:
            BackupDamagedError: it is not there or cannot be read.
        """
        ...

    def write(self, folder: str, blobs: Sequence[tuple[str, bytes]]) -> None:
        """Keep blobs; on disk, all of them, when this returns. One that is there is replaced.

        Raises:
            NoRoomError: the disk is full, or would be nearly so.
            BackupError: cannot be written.
        """
        ...

    def remove(self, folder: str, names: Iterable[str]) -> int:
        """Forget blobs, quietly where there are none; the bytes that they had. Gone for good when this returns."""
        ...

    def set_aside(self, folder: str, name: str) -> None:
        """Keep a damaged blob's bytes for whoever wants to look at them, but not under its name."""
        ...

    def using(self, use: Use, wait_seconds: float) -> AbstractContextManager[None]:
        """Hold it for the length of a ``with`` block.

        Raises:
            BackupBusyError: others did not let go in time.
        """
        ...


class FolderVault:
    """A vault in a folder, on this disk or a mounted one. Blobs of ``chunks`` are spread over 256 folders.

    A blob is written beside the others under another name, synced, and only then renamed.
    """

    def __init__(self, root: Path, *, leave_free: int, must_exist: bool = False) -> None:
        self.root = root
        self._leave_free = leave_free
        self._must_exist = must_exist
        self._incoming = root / "incoming"

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.root)

    def names(self, folder: str) -> Iterator[str]:
        """The names of a folder's blobs."""
        for place in self._places(folder):
            try:
                with os.scandir(place) as found:
                    yield from (one.name for one in found if one.is_file(follow_symlinks=False))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise BackupError(f"Cannot read {place}: {error.strerror}", hint="Check the disk.") from error

    def read(self, folder: str, name: str) -> bytes:
        """A blob."""
        path = self._path(folder, name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                return file.read()
        except FileNotFoundError as error:
            raise BackupDamagedError(f"{path} is missing", hint="Restore from another backup.") from error
        except OSError as error:
            raise BackupDamagedError(f"Cannot read {path}: {error.strerror}", hint="Check the disk.") from error

    def write(self, folder: str, blobs: Sequence[tuple[str, bytes]]) -> None:
        """Keep blobs, in three passes: write all, sync all, name all. The disk syncs many at once cheaper than one."""
        self._check_room(sum(len(data) for _, data in blobs))
        written: list[tuple[Path, Path]] = []
        try:
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
            with ThreadPoolExecutor(4) as pool:
                for temporary, path in pool.map(lambda blob: self._write_one(folder, *blob), blobs):
                    written.append((temporary, path))
                list(pool.map(lambda pair: sync(pair[0]), written))
            for temporary, path in written:
                temporary.rename(path)
            for parent in {path.parent for _, path in written}:
                sync_folder(parent)
        except OSError as error:
            shutil.rmtree(self._incoming, ignore_errors=True)
            raise _explained(error, self.root) from error

    def remove(self, folder: str, names: Iterable[str]) -> int:
        """Forget blobs."""
        freed, touched = 0, set()
        try:
            for path in (self._path(folder, name) for name in names):
                with suppress(FileNotFoundError):
                    size = path.lstat().st_size
                    path.unlink()
                    freed += size
                    touched.add(path.parent)
            for parent in touched:
                sync_folder(parent)
        except OSError as error:
            raise BackupError(
                f"Cannot remove {error.filename}: {error.strerror}", hint="Mend its mode or owner."
            ) from error
        return freed

    def set_aside(self, folder: str, name: str) -> None:
        """Move a damaged blob to ``damaged/``."""
        place = self.root / "damaged"
        with suppress(OSError):
            place.mkdir(mode=0o700, exist_ok=True)
            self._path(folder, name).rename(place / name)

    @contextmanager
    def using(self, use: Use, wait_seconds: float) -> Iterator[None]:
        """Two locks: ``lock`` is held by whoever adds or removes, ``in-use`` shared by all but who removes."""
        if self._must_exist and not self.root.is_dir():
            raise BackupError(f"There is no folder {self.root}", hint="Is its disk mounted?")
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _explained(error, self.root) from error
        end = time.monotonic() + wait_seconds
        shared = fcntl.LOCK_EX if use is Use.REMOVE else fcntl.LOCK_SH
        with self._locked("lock", fcntl.LOCK_EX, end, skip=use is Use.READ), self._locked("in-use", shared, end):
            if use is not Use.READ:
                # What a killed writer left; nobody else writes now.
                shutil.rmtree(self._incoming, ignore_errors=True)
            yield

    @contextmanager
    def _locked(self, name: str, how: int, end: float, *, skip: bool = False) -> Iterator[None]:
        if skip:
            yield
            return
        try:
            descriptor = os.open(self.root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            if how != fcntl.LOCK_SH or error.errno not in {errno.EROFS, errno.EACCES}:
                raise _explained(error, self.root) from error
            yield  # Nobody can remove anything from what cannot be written.
            return
        try:
            _lock(descriptor, how, end, self.root)
            yield
        finally:
            os.close(descriptor)

    def _places(self, folder: str) -> list[Path]:
        root = self.root / folder
        return [root / f"{number:02x}" for number in range(256)] if folder == "chunks" else [root]

    def _path(self, folder: str, name: str) -> Path:
        root = self.root / folder
        return root / name[:2] / name if folder == "chunks" else root / name

    def _write_one(self, folder: str, name: str, data: bytes) -> tuple[Path, Path]:
        temporary, path = self._incoming / f"{name}.{secrets.token_hex(4)}", self._path(folder, name)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
        return temporary, path

    def _check_room(self, more: int) -> None:
        try:
            free = shutil.disk_usage(self.root).free
        except OSError as error:
            raise _explained(error, self.root) from error
        if free - more < self._leave_free:
            raise NoRoomError(
                f"{self.root}: {free // 2**20:,} MiB are free, of which a backup leaves {self._leave_free // 2**20:,}",
                hint="Free space there, or set leave_free_mib or fewer backups to keep under [backup].",
            )


def _lock(descriptor: int, how: int, end: float, root: Path) -> None:
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EAGAIN}:
                raise _explained(error, root) from error
            if time.monotonic() >= end:
                raise BackupBusyError(
                    f"{root} is in use by another backup command", hint="Try again when that one has ended."
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return


def _explained(error: OSError, root: Path) -> BackupError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoRoomError(f"No room left on the disk of {root}", hint="Free space there; earlier backups are whole.")
    return BackupError(f"Cannot write to {root}: {error.strerror}", hint="Mend the folder's mode or owner.")

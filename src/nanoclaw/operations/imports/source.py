"""The folder of NanoClaw v1: what is in it, read without changing or following anything."""

import errno
import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nanoclaw.operations.backup.reach import Reach
from nanoclaw.operations.imports.errors import ImportSourceError
from nanoclaw.store.errors import DatabaseLockedError
from nanoclaw.store.files import JOURNAL, LOG

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_JSON = 16 * 2**20
_SIDES = ("", JOURNAL, LOG)
_PIECE = 2**20
# Where SQLite's readers lock a file, and for how long: writers must have all of it.
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510


class Source:
    """A folder of v1. Make it with :func:`open_source`."""

    def __init__(self, root: Path, reach: Reach) -> None:
        self.root = root
        self.reach = reach

    @property
    def database(self) -> Path:
        """Its only database."""
        return self.root / "store" / "messages.db"

    def has_database(self) -> bool:
        """Whether it is there."""
        return self._is_file(("store",), "messages.db")

    def has_state_files(self) -> bool:
        """Whether groups stand in a file, as in the first versions."""
        return self._is_file(("data",), "registered_groups.json")

    def read_json(self, name: str) -> dict[str, Any]:
        """An object from ``data/<name>``; empty where there is no such file.

        Raises:
            ImportSourceError: it is no JSON object.
        """
        try:
            descriptor = os.open(name, _FILE, dir_fd=self.reach.folder(("data",)))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unreadable(f"data/{name}", error) from error
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ImportSourceError(f"{self.root}/data/{name} is no file", hint="Nothing was changed.")
            raw = file.read(_MOST_JSON + 1)
        try:
            found = json.loads(raw) if len(raw) <= _MOST_JSON else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ImportSourceError(
                f"{self.root}/data/{name} is not what NanoClaw v1 wrote", hint="Mend or remove it. Nothing was changed."
            )
        return found

    def copy_database(self, folder: Path) -> Path:
        """A copy of the database with what is beside it, so that the original is not written to.

        Raises:
            DatabaseLockedError: v1, or somebody else, writes to it.
            ImportSourceError: it cannot be read.
        """
        try:
            with self._locked():
                for side in _SIDES:
                    with suppress(FileNotFoundError):
                        self._copy(f"messages.db{side}", folder / f"v1.db{side}")
        except OSError as error:
            raise self._unreadable("store/messages.db", error) from error
        return folder / "v1.db"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold what SQLite's readers hold: whoever changes the file waits."""
        descriptor = os.open("messages.db", _FILE, dir_fd=self.reach.folder(("store",)))
        try:
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
            except OSError as error:
                raise DatabaseLockedError(
                    f"{self.database} is locked by another process", hint="Stop NanoClaw v1 first."
                ) from error
            yield
        finally:
            os.close(descriptor)

    def _copy(self, name: str, target: Path) -> None:
        source = os.open(name, _FILE, dir_fd=self.reach.folder(("store",)))
        with os.fdopen(source, "rb") as reading, target.open("xb") as writing:
            while piece := reading.read(_PIECE):
                writing.write(piece)

    def _is_file(self, folder: tuple[str, ...], name: str) -> bool:
        try:
            return stat.S_ISREG(os.stat(name, dir_fd=self.reach.folder(folder), follow_symlinks=False).st_mode)
        except OSError:
            return False

    def _unreadable(self, name: str, error: OSError) -> ImportSourceError:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return ImportSourceError(
                f"No room left for a copy of {self.root}/{name}",
                hint="Free space on the disk of the home: `nanoclaw clean` may find some. Nothing was changed.",
            )
        return ImportSourceError(
            f"{self.root}/{name} cannot be read: {error.strerror}", hint="Links are not followed. Nothing was changed."
        )


@contextmanager
def open_source(root: Path) -> Iterator[Source]:
    """The folder of v1.

    Raises:
        ImportSourceError: it is none.
    """
    try:
        reach = Reach(root)
    except OSError as error:
        raise ImportSourceError(
            f"{root} cannot be read: {error.strerror}",
            hint="Name the folder of NanoClaw v1: it holds store/ and groups/.",
        ) from error
    with reach:
        source = Source(root, reach)
        if not source.has_database() and not source.has_state_files():
            raise ImportSourceError(
                f"{root} is not a folder of NanoClaw v1: it has no store/messages.db",
                hint="Name the folder with package.json, store/ and groups/ in it.",
            )
        yield source

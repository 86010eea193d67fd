"""What can go wrong with the database, in words for its owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from nanoclaw.model.errors import NanoclawError

WAYS_BACK = (
    "Nothing was changed or deleted. Restore a backup with `nanoclaw backup restore`, or save what can be read with"
    " `nanoclaw db recover --replace`."
)
"""What an owner can do about a damaged database."""


_MAKE_ROOM = "Free space on that disk: `nanoclaw clean` may find some."


class StoreError(NanoclawError):
    """The database could not be read or written; nothing of the failed change was kept."""


class DatabaseLockedError(StoreError):
    """Another process holds the database."""


class DiskFullError(StoreError):
    """There is no room for the change."""


class DatabaseCorruptError(StoreError):
    """The file is damaged, or is no database. Never treated as empty."""


class NewerSchemaError(StoreError):
    """The database was written by a newer version of this program."""


class OlderSchemaError(StoreError):
    """The database was written by an older version of this program, and has not been upgraded."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, naming the file."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        raise DatabaseLockedError(
            f"{path} is locked by another process", hint="Close whatever has it open, such as an SQLite shell."
        ) from error
    except apsw.FullError as error:
        raise DiskFullError(f"No room left to write {path}", hint=_MAKE_ROOM) from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise DatabaseCorruptError(
            f"{path} is damaged: {error}",
            hint=WAYS_BACK,
        ) from error
    except apsw.IOError as error:
        if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
            # Whoever is the first to open a database makes an index of its log beside it.
            raise DiskFullError(f"No room left to open {path}", hint=_MAKE_ROOM) from error
        raise StoreError(f"{path}: {error}", hint="Check the disk, and the file's mode and owner.") from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}", hint="Check the disk, and the file's mode and owner.") from error

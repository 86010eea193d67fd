"""Files that are there whole or not at all: after a kill, after a power cut, and on a full disk."""

import contextlib
import errno
import os
import secrets
from pathlib import Path

PARTIAL = ".partial"
"""How the name of a file ends that has not come to its place; it begins with a dot. Cleaning takes what a kill left."""

_NO_SUCH_THING = {errno.EINVAL, errno.ENOTSUP, errno.EACCES}


def replace_file(path: Path, content: bytes, *, mode: int = 0o600, as_before: bool = False) -> None:
    """Put a file in the place of what is there, a link included; on disk when this returns.

    ``as_before``: with the mode and owner of the file that is there. Raises OSError, and leaves then everything as it
    was: what did not fit takes no room.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            if as_before and path.exists():
                _make_like(descriptor, path.stat())
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    sync_folder(path.parent)


def append_whole(descriptor: int, content: bytes) -> None:
    """Add to a file that was opened to be added to: all of it or nothing. Raises OSError."""
    before, written = os.fstat(descriptor).st_size, 0
    try:
        while written < len(content):
            written += os.write(descriptor, content[written:])
    except OSError:
        # Half a line would be glued to the next one. What others have added meanwhile stays.
        with contextlib.suppress(OSError):
            if written and os.fstat(descriptor).st_size == before + written:
                os.ftruncate(descriptor, before)
        raise


def is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one at a path: it may have been removed, or another put in its place."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
    except OSError:
        return True  # the path cannot be looked at now; the file can be written


def sync_folder(path: Path) -> None:
    """What was made, renamed and removed in a folder is on disk when this returns. Raises OSError."""
    try:
        sync(path)
    except OSError as error:
        # Some network file systems have no such thing for folders, and keep their order by themselves.
        if error.errno not in _NO_SUCH_THING:
            raise


def sync(path: Path) -> None:
    """What was written of a file so far is on disk when this returns. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_like(descriptor: int, old: os.stat_result) -> None:
    os.fchmod(descriptor, old.st_mode & 0o777)
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, old.st_uid, old.st_gid)

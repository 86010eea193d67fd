"""Read from and write into a folder that an agent can change while we look.

Every step is relative to the descriptor of the one before and follows no symbolic link, so a name swapped in the middle
leads nowhere else. Only regular files with one name are touched: a second name may lie anywhere.
"""

import contextlib
import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from nanoclaw.model.errors import NanoclawError
from nanoclaw.sandboxes.contract import WORKSPACE

_PIECE = 1024 * 1024
_LONGEST = 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class WorkspaceFileError(NanoclawError):
    """A file of a group's folder cannot be used, or what was named is none."""


def relative_path(text: str) -> str:
    """A path below a group's folder, as an agent may write it: relative, or as it stands inside the sandbox.

    Raises:
        WorkspaceFileError: it leads elsewhere.
    """
    path = PurePosixPath(text)
    if path.is_absolute():
        try:
            path = path.relative_to(WORKSPACE)
        except ValueError:
            raise _refused("That path is not in the working directory") from None
    if not path.parts or ".." in path.parts or "\0" in text or len(text.encode("utf-8", "replace")) > _LONGEST:
        raise _refused("That path is not in the working directory")
    return str(path)


def read_file(root: Path, relative: str, limit: int) -> bytes:
    """The bytes of a file below ``root``.

    Raises:
        WorkspaceFileError: it is not there, no plain file, or larger than ``limit`` bytes.
    """
    with _opened(root, relative, limit) as descriptor:
        pieces = list(_pieces(descriptor, limit))
    return b"".join(pieces)


def copy_out(root: Path, relative: str, target: Path, limit: int) -> int:
    """Copy a file below ``root`` to ``target`` (new, mode 600); its size.

    Raises:
        WorkspaceFileError: as :func:`read_file`.
    """
    with _opened(root, relative, limit) as descriptor:
        copy = os.open(target, _NEW, 0o600)
        try:
            return sum(_write_all(copy, piece) for piece in _pieces(descriptor, limit))
        except BaseException as error:
            target.unlink()
            if isinstance(error, OSError):
                raise _refused(f"{relative!r} cannot be copied: {error.strerror}") from error
            raise
        finally:
            os.close(copy)


def write_in(root: Path, relative: str, data: bytes, owner: tuple[int, int] | None = None) -> None:
    """Write a file below ``root``, whole or not at all, in the place of one that is there. Makes missing folders.

    ``owner`` is the user and group that it and new folders are given to.

    Raises:
        WorkspaceFileError: something else than a folder is in the way.
    """
    *folders, name = PurePosixPath(relative_path(relative)).parts
    with _folder(root, folders, make=True, owner=owner) as folder:
        temporary = f".{uuid.uuid4().hex}.part"
        try:
            descriptor = os.open(temporary, _NEW, 0o600, dir_fd=folder)
            try:
                _write_all(descriptor, data)
                _give(descriptor, owner)
            finally:
                os.close(descriptor)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise _refused(f"{name!r} cannot be written: {error.strerror}") from error


def copy_in(source: Path, root: Path, relative: str, owner: tuple[int, int] | None = None) -> None:
    """Copy our own file ``source`` to a new file below ``root``.

    Raises:
        FileExistsError: there is one already.
        WorkspaceFileError: something else than a folder is in the way.
    """
    *folders, name = PurePosixPath(relative_path(relative)).parts
    with _folder(root, folders, make=True, owner=owner) as folder:
        temporary = f".{uuid.uuid4().hex}.part"
        descriptor = os.open(temporary, _NEW, 0o600, dir_fd=folder)
        try:
            with source.open("rb") as file:
                while piece := file.read(_PIECE):
                    _write_all(descriptor, piece)
            _give(descriptor, owner)
            # A link fails where a name is taken; a rename would replace what is there.
            os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=folder)


def remove_in(root: Path, relative: str) -> bool:
    """Remove the name of a file below ``root``; False when there is none, or no folder leads to it. Follows no link."""
    with contextlib.suppress(WorkspaceFileError, OSError):
        *folders, name = PurePosixPath(relative_path(relative)).parts
        with _folder(root, folders, make=False, owner=None) as folder:
            os.unlink(name, dir_fd=folder)
            return True
    return False


@contextmanager
def _opened(root: Path, relative: str, limit: int) -> Iterator[int]:
    *folders, name = PurePosixPath(relative_path(relative)).parts
    with _folder(root, folders, make=False, owner=None) as folder:
        try:
            descriptor = os.open(name, _FILE, dir_fd=folder)
        except OSError as error:
            raise _refused(f"{name!r} cannot be read: {_why(error)}") from error
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
                raise _refused(f"{name!r} is not a plain file with one name")
            if found.st_size > limit:
                raise _refused(f"{name!r} has {found.st_size:,} bytes; at most {limit:,} can be taken")
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def _folder(root: Path, parts: list[str], *, make: bool, owner: tuple[int, int] | None) -> Iterator[int]:
    try:
        descriptor = os.open(root, _FOLDER)
    except OSError as error:
        raise _refused(f"{root.name!r} is not a folder that can be entered: {_why(error)}") from error
    try:
        for part in parts:
            inner = _step(descriptor, part, make=make, owner=owner)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _step(descriptor: int, part: str, *, make: bool, owner: tuple[int, int] | None) -> int:
    try:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o700, dir_fd=descriptor)
                if owner is not None:
                    os.chown(part, *owner, dir_fd=descriptor, follow_symlinks=False)
        return os.open(part, _FOLDER, dir_fd=descriptor)
    except OSError as error:
        raise _refused(f"{part!r} is not a folder that can be entered: {_why(error)}") from error


def _pieces(descriptor: int, limit: int) -> Iterator[bytes]:
    """What is in a file, which may grow meanwhile: never more than ``limit``."""
    left = limit + 1
    while left > 0 and (piece := os.read(descriptor, min(_PIECE, left))):
        left -= len(piece)
        yield piece
    if left <= 0:
        raise _refused(f"The file grew beyond {limit:,} bytes while it was read")


def _write_all(descriptor: int, data: bytes) -> int:
    written = 0
    while written < len(data):
        written += os.write(descriptor, data[written:])
    return written


def _give(descriptor: int, owner: tuple[int, int] | None) -> None:
    if owner is not None:
        os.fchown(descriptor, *owner)


def _why(error: OSError) -> str:
    return "it is a link" if error.errno == errno.ELOOP else (error.strerror or "no")


def _refused(what: str) -> WorkspaceFileError:
    return WorkspaceFileError(what, hint="Name a plain file below the group's own folder; links are not followed.")

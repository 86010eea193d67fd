"""A unit or property list on the disk: whole or not there, never another's."""

from collections.abc import Callable
from pathlib import Path

from nanoclaw.operations.service.errors import ForeignServiceError, NotPermittedError, ServiceError
from nanoclaw.settings.whole_files import replace_file


def read_own(path: Path, home: Path, home_of: Callable[[str], Path | None]) -> str | None:
    """The text of our file for this home; None when there is no file.

    Raises:
        ForeignServiceError: what is there is not ours, or is another home's.
        ServiceError: it cannot be read.
    """
    text = read(path)
    if text is None:
        return None
    theirs = home_of(text)
    if theirs == home:
        return text
    whose = f"belongs to the home {theirs}" if theirs else "was not made by nanoclaw"
    raise ForeignServiceError(
        f"{path} {whose}", hint="Nothing was changed. Move that file away if it is not wanted, or use another home."
    )


def read(path: Path) -> str | None:
    """The text of a file; None when there is none.

    Raises:
        ForeignServiceError: it is a link, such as that of a masked unit.
        ServiceError: it cannot be read.
    """
    if path.is_symlink():
        raise ForeignServiceError(
            f"{path} is a link, to {path.readlink()}",
            hint="A masked unit is such a link: `systemctl unmask` removes it. Nothing was changed.",
        )
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServiceError(f"Cannot read {path}: {error.strerror}", hint="Mend its mode or owner.") from error


def write(path: Path, text: str, mode: int) -> None:
    """Put a file in its place, in one step.

    Raises:
        NotPermittedError: the place is another account's.
        ServiceError: it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        replace_file(path, text.encode(), mode=mode)
    except PermissionError as error:
        raise NotPermittedError(f"Not allowed to write {path}", hint="Do it as the owner of that folder.") from error
    except OSError as error:
        raise ServiceError(f"Cannot write {path}: {error.strerror}", hint="Free space, or mend the folder.") from error


def remove(path: Path) -> None:
    """Take a file away.

    Raises:
        NotPermittedError: the place is another account's.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise NotPermittedError(
            f"Cannot remove {path}: {error.strerror}", hint="Do it as the owner of that folder."
        ) from error

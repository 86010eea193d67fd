"""Remove a tree however deep it is: the standard library recurses, and a thousand folders end it."""

import os
from contextlib import suppress
from pathlib import Path

from nanoclaw.operations.backup.reach import Reach


def remove_tree(root: Path) -> None:
    """Remove a folder of ours with everything in it, as far as that works; quiet where there is none."""
    empty_tree(root)
    with suppress(OSError):
        root.rmdir()


def empty_tree(root: Path) -> None:
    """The same, but the folder itself stays."""
    with suppress(OSError), Reach(root) as reach:
        empty_folder(reach, ())


def holds_files(root: Path) -> bool:
    """Whether there is anything but folders in a folder, however deep; yes where that cannot be seen."""
    waiting: list[tuple[str, ...]] = [()]
    try:
        with Reach(root) as reach:
            while waiting:
                folder = waiting.pop()
                with os.scandir(reach.folder(folder)) as entries:
                    for entry in entries:
                        if not entry.is_dir(follow_symlinks=False):
                            return True
                        waiting.append((*folder, entry.name))
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def empty_folder(reach: Reach, top: tuple[str, ...]) -> None:
    """Remove everything in a folder below a root, as far as that works. No link is followed, whoever makes some now."""
    folders: list[tuple[str, ...]] = []
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError):
            waiting += _empty(reach.folder(folder), folder)
            folders.append(folder)
    for folder in reversed(folders[1:]):
        with suppress(OSError):
            os.rmdir(folder[-1], dir_fd=reach.folder(folder[:-1]))


def _empty(descriptor: int, folder: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Remove what is in a folder but folders, which are returned."""
    below = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below.append((*folder, entry.name))
            else:
                with suppress(OSError):
                    os.unlink(entry.name, dir_fd=descriptor)
    return below

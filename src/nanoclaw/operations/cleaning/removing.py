"""Remove what was found, one thing after the other. Whatever breaks off in the middle, the next time finishes."""

import os
from pathlib import Path
from typing import Self

from nanoclaw.operations.backup.clearing import empty_folder
from nanoclaw.operations.backup.reach import Reach
from nanoclaw.operations.cleaning.findings import Find, Identity, Kind
from nanoclaw.operations.doctor.listening import is_stale


class Remover:
    """Removes below roots that it keeps open. Close it, or use it in ``with``."""

    def __init__(self) -> None:
        self._reaches: dict[Path, Reach] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for reach in self._reaches.values():
            reach.close()

    def remove(self, find: Find) -> str:
        """Remove it; why not, where that cannot be done. Empty: it is gone, or was already."""
        try:
            return self._remove(find)
        except FileNotFoundError:
            return ""
        except OSError as error:
            return error.strerror or "it cannot be removed"

    def _remove(self, find: Find) -> str:
        reach = self._reaches.get(find.root)
        if reach is None:
            reach = self._reaches[find.root] = Reach(find.root)
        *folder, name = find.parts
        looks = os.stat(name, dir_fd=reach.folder(tuple(folder)), follow_symlinks=False)
        if Identity.of(looks) != find.identity:
            return "it changed meanwhile"
        if find.kind is Kind.SOCKET and not is_stale(find.path):
            return "somebody listens on it by now"
        if find.folder:
            empty_folder(reach, find.parts)
            os.rmdir(name, dir_fd=reach.folder(tuple(folder)))
        else:
            os.unlink(name, dir_fd=reach.folder(tuple(folder)))
        return ""

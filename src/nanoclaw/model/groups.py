"""Groups: the chats that were registered, each with a memory, a folder and an agent of its own."""

import re
from dataclasses import dataclass
from typing import NewType

from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.options import NO_OPTIONS, GroupOptions

GroupId = NewType("GroupId", int)
"""The row of a group in the store."""
GroupFolder = NewType("GroupFolder", str)
"""A group's folder name: its identity towards people and in paths. Only :func:`parse_folder` makes one."""

MAIN_FOLDER = GroupFolder("main")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


class InvalidFolderError(NanoclawError):
    """A group's folder name cannot be used as a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A registered group. ``trigger`` is the word that wakes the agent, such as ``@Andy``."""

    id: GroupId
    folder: GroupFolder
    name: str
    trigger: str
    requires_trigger: bool
    is_main: bool
    options: GroupOptions = NO_OPTIONS
    temporary: bool = False
    """Made to verify the installation: nobody else sees it, and it is erased after that."""


def parse_folder(text: str) -> GroupFolder:
    """Check a folder name.

    Raises:
        InvalidFolderError: it could escape its parent, collide with a reserved name, or look like another.
    """
    if not _FOLDER.fullmatch(text):
        raise InvalidFolderError(
            f"{text[:80]!r} cannot be a group folder",
            hint="Use 1 to 64 of the characters A-Z a-z 0-9 _ - and begin with a letter or a digit.",
        )
    if text.lower() == "global":
        raise InvalidFolderError("'global' is the folder that all groups read", hint="Choose another folder name.")
    return GroupFolder(text)

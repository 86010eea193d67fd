"""What can go, one value for each thing."""

import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """Why something goes."""

    SOCKET = "socket"
    TEMPORARY = "temporary"
    LOG = "log"
    CRASH = "crash report"
    TRANSCRIPT = "transcript"
    ATTACHMENT = "attachment"
    OUTGOING = "sent file"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How a file looked when it was listed. One that looks otherwise later is not removed."""

    device: int
    inode: int
    modified: int
    """Nanoseconds."""

    @classmethod
    def of(cls, found: os.stat_result) -> "Identity":
        """Of what a look at it returned."""
        return cls(device=found.st_dev, inode=found.st_ino, modified=found.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A file, socket or folder that can go: ``parts`` below ``root``, which is the owner's and not an agent's."""

    kind: Kind
    root: Path
    parts: tuple[str, ...]
    bytes: int
    folder: bool
    identity: Identity

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.root.joinpath(*self.parts)


def space(found: os.stat_result) -> int:
    """Bytes on the disk. A file with further names gives nothing back when one of them goes."""
    return found.st_blocks * 512 if stat.S_ISDIR(found.st_mode) or found.st_nlink <= 1 else 0

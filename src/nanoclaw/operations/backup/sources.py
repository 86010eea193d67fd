"""Which paths of a home are backed up, and how each is read."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from nanoclaw.operations.backup.snapshot import Part
from nanoclaw.settings.home import Home

OUTSIDE = "outside"
"""Paths of a snapshot that begin so lie outside the home."""
MOUNT_ALLOWLIST = f"{OUTSIDE}/mount-allowlist.json"


class Manner(StrEnum):
    """How a source is read."""

    DATABASE = "database"
    """A consistent copy, made while others write."""
    FILE = "file"
    TREE = "tree"
    """Others may write to it: its files are copied as they are, even such as look like databases."""
    OWN_TREE = "own tree"
    """Only the daemon and its channels write to it: SQLite files in it are copied consistently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One path of the home, or outside."""

    part: Part
    path: str
    """In the snapshot."""
    place: Path
    """On this machine."""
    manner: Manner


def sources(home: Home, mount_allowlist: Path) -> tuple[Source, ...]:
    """All of them."""
    listed = (
        (Part.CONFIG, "config.toml", home.config, Manner.FILE),
        (Part.CONFIG, ".env", home.env_file, Manner.FILE),
        (Part.CONFIG, MOUNT_ALLOWLIST, mount_allowlist, Manner.FILE),
        (Part.AUTH, "store/auth", home.database.parent / "auth", Manner.OWN_TREE),
        (Part.DATABASES, "store/messages.db", home.database, Manner.DATABASE),
        (Part.DATABASES, "store/tasks.db", home.task_database, Manner.DATABASE),
        # Replies that wait in the database may name files in it.
        (Part.DATABASES, "data/outgoing", home.outgoing, Manner.TREE),
        (Part.GROUPS, "groups", home.groups, Manner.TREE),
        (Part.SESSIONS, "data/sessions", home.root / "data" / "sessions", Manner.TREE),
    )
    return tuple(Source(part=part, path=path, place=place, manner=manner) for part, path, place, manner in listed)

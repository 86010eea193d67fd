"""What a snapshot is: when, of what, and which chunks make up each file."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from nanoclaw.model.clock import Milliseconds


class Part(StrEnum):
    """What can be backed up and restored by itself."""

    DATABASES = "databases"
    AUTH = "auth"
    GROUPS = "groups"
    SESSIONS = "sessions"
    CONFIG = "config"


class Kind(StrEnum):
    """Why a snapshot was made."""

    HOURLY = "hourly"
    """Reads again what changed since the last one."""
    DAILY = "daily"
    """Reads everything again."""
    WEEKLY = "weekly"
    """As daily; the last ones stay for weeks."""
    CHANGE = "change"
    """Configuration or logins changed; has only these."""
    MANUAL = "manual"

    @property
    def reads_everything(self) -> bool:
        """Whether no file is taken to be unchanged by its date alone."""
        return self in {Kind.DAILY, Kind.WEEKLY}

    @property
    def parts(self) -> frozenset[Part]:
        """What such a snapshot holds."""
        return frozenset({Part.CONFIG, Part.AUTH}) if self is Kind.CHANGE else frozenset(Part)


class EntryType(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """How a file looked when it was read: two equal stamps are taken for equal contents."""

    size: int
    modified: int
    """Nanoseconds since the epoch, as all times of files here."""
    changed: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path of a snapshot, relative to the home; bytes that are no UTF-8 as surrogate escapes."""

    path: str
    type: EntryType
    mode: int
    stamp: Stamp
    side: Stamp | None = None
    """Of a database: its write-ahead log."""
    chunks: tuple[str, ...] = ()
    size: int = 0
    target: str = ""
    """Where a link points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What a database held."""

    schema: int
    rows: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What was left out, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotName:
    """What the name of a snapshot's file tells, without a key."""

    at: Milliseconds
    kind: Kind
    tag: str
    """Six hexadecimal digits, so that two of one second differ."""

    def __str__(self) -> str:
        """As in ``20261125T102428.123Z-hourly-0a1b2c``."""
        moment = datetime.fromtimestamp(self.at / 1000, UTC)
        return f"{moment:%Y%m%dT%H%M%S}.{self.at % 1000:03d}Z-{self.kind}-{self.tag}"


_NAME = re.compile(rf"(\d{{8}}T\d{{6}})\.(\d{{3}})Z-({'|'.join(Kind)})-([0-9a-f]{{6}})")


def parse_name(text: str) -> SnapshotName | None:
    """The name of a snapshot's file; None for any other."""
    if (match := _NAME.fullmatch(text)) is None:
        return None
    try:
        moment = datetime.strptime(f"{match[1]}+0000", "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None
    return SnapshotName(
        at=Milliseconds(int(moment.timestamp()) * 1000 + int(match[2])), kind=Kind(match[3]), tag=match[4]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One backup, whole: nothing but chunks is needed besides."""

    name: SnapshotName
    program: str
    home: str
    parts: frozenset[Part]
    databases: dict[str, DatabaseFacts]
    """By path."""
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...] = ()
    sealed: bool = False

    @property
    def chunks(self) -> frozenset[str]:
        """Every chunk it needs."""
        return frozenset(chunk for entry in self.entries for chunk in entry.chunks)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

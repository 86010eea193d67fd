"""Make a snapshot: every path of the home, unchanged ones by reference to an earlier snapshot's chunks."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from nanoclaw.model.clock import Clock
from nanoclaw.operations.backup.chunker import ChunkIntake, OpenFile, Tally
from nanoclaw.operations.backup.databases import DatabaseCopies
from nanoclaw.operations.backup.errors import BackupError, NoRoomError
from nanoclaw.operations.backup.progress import Progress, Step, ignore
from nanoclaw.operations.backup.reach import Reach
from nanoclaw.operations.backup.repository import Repository, readable
from nanoclaw.operations.backup.scan import Found, Omissions, scan, stamp_of
from nanoclaw.operations.backup.snapshot import DatabaseFacts, Entry, EntryType, Kind, Snapshot, Stamp
from nanoclaw.operations.backup.sources import Manner, Source, sources
from nanoclaw.operations.backup.swap import is_pending
from nanoclaw.operations.backup.vault import Use
from nanoclaw.settings.home import Home
from nanoclaw.store.files import SIDES, log_of

_RACY_NANOSECONDS = 2_000_000_000
"""A file that changed so shortly before a snapshot may change again within the same tick of its clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a backup needs besides the home and the repository."""

    clock: Clock
    program: str
    mount_allowlist: Path
    leave_free: int = 0
    progress: Progress = ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A new snapshot, and what it took."""

    snapshot: Snapshot
    tally: Tally
    seconds: float


def create(repository: Repository, home: Home, kind: Kind, around: Surroundings) -> Created:
    """Make a snapshot of a home, which may be in use.

    Raises:
        BackupBusyError: another is being made.
        NoRoomError, BackupKeyError, BackupError, StoreError: nothing was made; what was before is as it was.
    """
    began = around.clock.monotonic()
    if not home.root.is_dir():
        raise BackupError(f"There is no home folder {home.root}", hint="Name one with --home.")
    with repository.using(Use.ADD), _staging(home) as staging:
        if is_pending(home):
            raise BackupError(
                f"A restore of {home.root} was interrupted and is not finished yet",
                hint="Any command on this home finishes it, such as `nanoclaw status`; then make the backup.",
            )
        seal = repository.seal_for_new()
        intake = ChunkIntake(repository.vault, seal)
        try:
            snapshot = _gather(repository, home, kind, around, _Means(intake, staging))
            intake.tally.written += repository.keep(snapshot, seal)
        finally:
            intake.close()
    return Created(snapshot=snapshot, tally=intake.tally, seconds=around.clock.monotonic() - began)


@dataclass(frozen=True, slots=True)
class _Means:
    intake: ChunkIntake
    staging: Path


def _gather(repository: Repository, home: Home, kind: Kind, around: Surroundings, means: _Means) -> Snapshot:
    """The snapshot, every chunk of which is on disk; not visible yet."""
    maker = _Maker(
        intake=means.intake,
        earlier=_earlier(repository, kind, means.intake),
        copies=DatabaseCopies(means.staging, around.leave_free),
        progress=around.progress,
    )
    name = repository.new_name(kind)
    for source in sources(home, around.mount_allowlist):
        if source.part in kind.parts:
            maker.add(source)
    means.intake.flush()
    return Snapshot(
        name=name,
        program=around.program,
        home=str(home.root),
        parts=kind.parts,
        databases=maker.databases,
        entries=tuple(maker.entries),
        skipped=maker.omissions.all(),
        sealed=means.intake.wrapped is not None,
    )


@dataclass(slots=True, kw_only=True)
class _Earlier:
    """Files as an earlier snapshot knew them."""

    entries: dict[str, Entry] = field(default_factory=dict)
    databases: dict[str, DatabaseFacts] = field(default_factory=dict)
    settled_before: int = 0
    """Nanoseconds; files that changed later are read again whatever their stamps say."""

    def unchanged(self, path: str, stamp: Stamp, known: set[str], side: Stamp | None = None) -> Entry | None:
        """What was known of a path, where it still holds."""
        entry = self.entries.get(path)
        if entry is None or entry.stamp != stamp or entry.side != side or not known.issuperset(entry.chunks):
            return None
        times = (stamp.modified, stamp.changed, *((side.modified, side.changed) if side else ()))
        return entry if max(times) < self.settled_before else None


def _earlier(repository: Repository, kind: Kind, intake: ChunkIntake) -> _Earlier:
    if kind.reads_everything:
        return _Earlier()
    newest = [name for name in reversed(repository.names()) if kind.parts <= name.kind.parts]
    for snapshot, seal in readable(repository, newest):
        if seal.wrapped != intake.wrapped:
            break
        return _Earlier(
            entries={entry.path: entry for entry in snapshot.entries},
            databases=snapshot.databases,
            settled_before=snapshot.name.at * 1_000_000 - _RACY_NANOSECONDS,
        )
    return _Earlier()


@dataclass(slots=True, kw_only=True)
class _Maker:
    """Adds sources to a snapshot."""

    intake: ChunkIntake
    earlier: _Earlier
    copies: DatabaseCopies
    progress: Progress
    entries: list[Entry] = field(default_factory=list)
    databases: dict[str, DatabaseFacts] = field(default_factory=dict)
    omissions: Omissions = field(default_factory=Omissions)

    def add(self, source: Source) -> None:
        """One source, whole."""
        match source.manner:
            case Manner.DATABASE:
                if source.place.exists():
                    self._add_database(source.path, source.place, counted=True)
            case Manner.FILE:
                self._add_file(source)
            case Manner.TREE | Manner.OWN_TREE:
                self._add_tree(source)

    def _add_file(self, source: Source) -> None:
        try:
            # The owner may have made it a link to where it really is.
            with OpenFile(-1, str(source.place.resolve(strict=True))) as (descriptor, stamp):
                mode = os.fstat(descriptor).st_mode & 0o777
                chunks, size = self.intake.take(descriptor, stamp.size)
        except FileNotFoundError:
            return
        except OSError as error:
            self.omissions.note(source.path, error.strerror or "cannot be read")
            return
        self.entries.append(
            Entry(path=source.path, type=EntryType.FILE, mode=mode, stamp=stamp, chunks=chunks, size=size)
        )

    def _add_tree(self, source: Source) -> None:
        found = list(scan(source.place, source.path, self.omissions))
        total = sum(one.stamp.size for one in found if one.type is EntryType.FILE)
        done = 0
        if not found:
            return
        with Reach(source.place) as reach:
            databases = _own_databases(found, reach) if source.manner is Manner.OWN_TREE else frozenset()
            for one in found:
                path = "/".join((source.path, *one.parts))
                if one.parts in databases:
                    self._add_database(path, source.place.joinpath(*one.parts), counted=False)
                elif not _belongs_to_database(one, databases):
                    self._add_found(path, one, reach)
                done += one.stamp.size if one.type is EntryType.FILE else 0
                self.progress(Step(what=source.path, done=done, total=total))

    def _add_found(self, path: str, one: Found, reach: Reach) -> None:
        entry = self.earlier.unchanged(path, one.stamp, self.intake.known)
        if one.type is not EntryType.FILE:
            self.entries.append(Entry(path=path, type=one.type, mode=one.mode, stamp=one.stamp, target=one.target))
            return
        if entry is not None and entry.type is EntryType.FILE:
            self.entries.append(entry)
            return
        try:
            with OpenFile(reach.folder(one.parts[:-1]), one.parts[-1]) as (descriptor, stamp):
                chunks, size = self.intake.take(descriptor, stamp.size)
        except FileNotFoundError:
            return  # Removed since it was found.
        except OSError as error:
            self.omissions.note(path, error.strerror or "cannot be read")
            return
        self.entries.append(Entry(path=path, type=EntryType.FILE, mode=one.mode, stamp=stamp, chunks=chunks, size=size))

    def _add_database(self, path: str, place: Path, *, counted: bool) -> None:
        stamp, side = _stamps(place)
        entry = self.earlier.unchanged(path, stamp, self.intake.known, side)
        facts = self.earlier.databases.get(path)
        if entry is None or (counted and facts is None):
            total = stamp.size + (side.size if side else 0)
            told = lambda done: self.progress(Step(what=path, done=done // 2, total=total))  # noqa: E731 - two lines below
            with self.copies.copy(place, total, told) as copied:
                facts = copied.facts if counted else None
                chunks, size = self.intake.take(copied.descriptor, copied.size)
            self.progress(Step(what=path, done=total, total=total))
            entry = Entry(path=path, type=EntryType.FILE, mode=0o600, stamp=stamp, side=side, chunks=chunks, size=size)
        self.entries.append(entry)
        if counted and facts is not None:
            self.databases[path] = facts


def _stamps(database: Path) -> tuple[Stamp, Stamp | None]:
    """Before the copy: what is written meanwhile makes the next snapshot look again.

    Without the time of the last change of mode or owner, which SQLite sets anew whenever it opens the log.
    """
    log = log_of(database)
    main = replace(stamp_of(database.stat()), changed=0)
    return main, replace(stamp_of(log.stat()), changed=0) if log.exists() else None


def _own_databases(found: list[Found], reach: Reach) -> frozenset[tuple[str, ...]]:
    """Those that begin as SQLite files do. Looked at before any is opened: closing a file lets go of its locks."""
    databases = set()
    for one in found:
        if one.type is EntryType.FILE and one.stamp.size >= 512:
            try:
                with OpenFile(reach.folder(one.parts[:-1]), one.parts[-1]) as (descriptor, _):
                    if os.read(descriptor, 16) == b"SQLite format 3\0":
                        databases.add(one.parts)
            except OSError:
                continue
    return frozenset(databases)


def _belongs_to_database(one: Found, databases: frozenset[tuple[str, ...]]) -> bool:
    """A log or index beside a database: the consistent copy has what is in it."""
    if not one.parts:
        return False
    name = one.parts[-1]
    return any(name.endswith(ending) and (*one.parts[:-1], name.removesuffix(ending)) in databases for ending in SIDES)


@contextmanager
def _staging(home: Home) -> Iterator[Path]:
    """An empty folder on the home's disk for copies of databases; what a killed command left in it is removed."""
    root = home.backups / "staging"
    shutil.rmtree(root, ignore_errors=True)
    place = root / secrets.token_hex(4)
    try:
        place.mkdir(mode=0o700, parents=True)
        yield place
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoomError(f"No room left on the disk of {root}", hint="Free space there.") from error
        raise BackupError(f"Cannot write to {root}: {error.strerror}", hint="Mend the folder or its disk.") from error
    finally:
        shutil.rmtree(root, ignore_errors=True)

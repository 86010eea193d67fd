"""The way back: choose a snapshot, write it beside the home, check it, and only then put it in place."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.operations.backup.clearing import empty_tree, holds_files, remove_tree
from nanoclaw.operations.backup.errors import BackupError, NoSuchBackupError
from nanoclaw.operations.backup.materialize import Reading, check_databases, materialize
from nanoclaw.operations.backup.progress import Progress, ignore
from nanoclaw.operations.backup.reach import Reach, split
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.snapshot import Entry, EntryType, Part, Snapshot
from nanoclaw.operations.backup.sources import OUTSIDE, Source, sources
from nanoclaw.operations.backup.swap import Swap, begin, finish, is_pending, workshop
from nanoclaw.operations.backup.vault import FolderVault, Use
from nanoclaw.settings.home import Home
from nanoclaw.store.files import SIDES

_PATIENCE_SECONDS = 600
"""A backup that is being made may take its time; what is restored is ready by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be restored."""

    snapshot: str | None = None
    """A name, the beginning of one, or its tag."""
    at: Milliseconds | None = None
    """The newest that is not younger; of neither, the newest."""
    only: tuple[str, ...] = ()
    """Names of parts, or paths in the home; empty: everything."""

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that the snapshot must hold."""
        named = {one for one in self.only if one in set(Part)}
        of_paths = {_part_of(path) for path in self.only if path not in named}
        return frozenset(Part(one) for one in named) | of_paths if self.only else frozenset(Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a restore comes by what it needs."""

    repository: Repository
    home: Home
    mount_allowlist: Path
    clock: Clock
    hold: Callable[[Path], AbstractContextManager[None]]
    """Takes the home's lock, or refuses because a daemon has it."""
    progress: Progress = ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored."""

    snapshot: Snapshot
    files: int
    size: int
    paths: tuple[str, ...]
    saved: Path | None
    """Where what was replaced lies now; None: nothing was."""
    rows: dict[str, dict[str, int]]


def restore(way: Way, choice: Choice) -> Restored:
    """Restore into the home, whose daemon must be stopped.

    Raises:
        HomeInUseError: it runs.
        BackupError, StoreError: nothing was changed.
    """
    home = way.home
    home.create()
    with way.hold(home.lock):
        finish(home)
        with way.repository.using(Use.READ):
            reading = _open(way, choice)
            entries = chosen(reading.snapshot, choice.only)
            stamp = _unused_stamp(home, way.clock)
            new = workshop(home) / "new"
            try:
                new.mkdir(mode=0o700, parents=True)
                materialize(reading, entries, new, way.progress)
                rows = check_databases(reading.snapshot, new, newer_is_fine=False)
                paths = _units(entries, choice.only, sources(home, way.mount_allowlist))
                for path in paths:
                    _hand_over(home, path, [entry for entry in entries if _is_below(entry.path, path)], new)
                swaps = [swap for path in paths for swap in _swaps(way, path, stamp)]
                # No backup may be made of a home that is of two pieces.
                with FolderVault(home.backups, leave_free=0).using(Use.ADD, _PATIENCE_SECONDS):
                    begin(home, swaps)
            except OSError as error:
                raise BackupError(
                    f"Cannot restore: {error.filename}: {error.strerror}", hint="Check the disk."
                ) from error
            finally:
                if not is_pending(home):
                    remove_tree(workshop(home))
    saved = home.root / "replaced" / stamp
    if not holds_files(saved):
        remove_tree(saved)  # The folders of a home that was made for this restore.
    return _restored(reading.snapshot, entries, tuple(paths), saved if saved.exists() else None, rows)


def restore_to(way: Way, choice: Choice, folder: Path, *, durable: bool = True) -> Restored:
    """Restore into a folder that is empty or not there; the home may be in use.

    Raises:
        BackupError, StoreError: the folder is empty again.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupError(f"{folder} is not empty", hint="Name a folder that is empty or does not exist.")
    except OSError as error:
        raise BackupError(f"Cannot use {folder}: {error.strerror}", hint="Name another folder.") from error
    try:
        with way.repository.using(Use.READ):
            reading = _open(way, choice)
            entries = chosen(reading.snapshot, choice.only)
            materialize(reading, entries, folder, way.progress, durable=durable)
        rows = check_databases(reading.snapshot, folder, newer_is_fine=True)
    except BaseException:
        # Half of it looks like all of it, and stands in the way of the next attempt.
        empty_tree(folder)
        raise
    return _restored(reading.snapshot, entries, (str(folder),), None, rows)


def chosen(snapshot: Snapshot, only: tuple[str, ...]) -> list[Entry]:
    """The entries that a choice means.

    Raises:
        NoSuchBackupError: the snapshot has nothing of the kind.
    """
    if not only:
        return list(snapshot.entries)
    wanted = [prefix for one in only for prefix in _prefixes(one)]
    found = [entry for entry in snapshot.entries if any(_is_below(entry.path, prefix) for prefix in wanted)]
    if not found:
        raise NoSuchBackupError(
            f"The backup {snapshot.name} has no {', '.join(only)}", hint="`nanoclaw backup show` lists what it has."
        )
    return found


def _open(way: Way, choice: Choice) -> Reading:
    name = way.repository.find(choice.snapshot, choice.at, choice.parts)
    snapshot, seal = way.repository.read(name)
    return Reading(repository=way.repository, snapshot=snapshot, seal=seal)


def _prefixes(one: str) -> Iterator[str]:
    if one not in set(Part):
        yield one.strip("/")
        return
    for source in sources(Home(Path("/")), Path("/")):
        if source.part == one:
            yield source.path


def _part_of(path: str) -> Part:
    for source in sources(Home(Path("/")), Path("/")):
        if _is_below(path.strip("/"), source.path):
            return source.part
    raise NoSuchBackupError(
        f"{path} is no part of a backup and no path in one",
        hint=f"Name one of {', '.join(Part)}, or a path such as groups/family.",
    )


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _units(entries: list[Entry], only: tuple[str, ...], known: tuple[Source, ...]) -> list[str]:
    """The paths that are replaced, each with all that is in it."""
    present = {entry.path for entry in entries}
    named = [one.strip("/") for one in only if one not in set(Part)]
    whole = [source.path for source in known if any(_is_below(path, source.path) for path in present)]
    units = [path for path in whole if path in present] + [path for path in named if path in present]
    return sorted({one for one in units if not any(one != other and _is_below(one, other) for other in units)})


def _swaps(way: Way, path: str, stamp: str) -> Iterator[Swap]:
    new = f"data/restoring/new/{path}"
    if path.startswith(f"{OUTSIDE}/"):
        yield _swap_outside(way, new, stamp)
        return
    if path.startswith("store/") and (way.home.root / new).is_file():
        for ending in SIDES:
            # With another database beside it, a log left behind could be taken for that one's.
            yield Swap(target=f"{path}{ending}", new="", saved=f"replaced/{stamp}/{path}{ending}")
    yield Swap(target=path, new=new, saved=f"replaced/{stamp}/{path}")


def _unused_stamp(home: Home, clock: Clock) -> str:
    """A name below ``replaced/`` that no earlier restore has, though it was within the same second."""
    first = stamp = f"{datetime.fromtimestamp(clock.now() / 1000, UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    while (home.root / "replaced" / stamp).exists():
        number += 1
        stamp = f"{first}-{number}"
    return stamp


def _hand_over(home: Home, path: str, entries: list[Entry], new: Path) -> None:
    """Give what comes back inside a folder of an agent to that folder's owner, who is not root where root restores.

    Whole folders of agents are handed over when their agent starts.
    """
    top = path.split("/")[: 2 if path.startswith("groups/") else 3]
    if os.geteuid() != 0 or path.split("/") == top or not path.startswith(("groups/", "data/sessions/")):
        return
    with suppress(FileNotFoundError):
        owner = home.root.joinpath(*top).lstat()
        with Reach(new) as reach:
            for parts, name in (split(entry.path) for entry in entries):
                os.chown(name, owner.st_uid, owner.st_gid, dir_fd=reach.folder(parts), follow_symlinks=False)


def _swap_outside(way: Way, new: str, stamp: str) -> Swap:
    target = way.mount_allowlist
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.restored")
    beside.unlink(missing_ok=True)
    shutil.copyfile(way.home.root / new, beside)
    return Swap(target=str(target), new=str(beside), saved=str(target.with_name(f"{target.name}.replaced-{stamp}")))


def _restored(
    snapshot: Snapshot,
    entries: list[Entry],
    paths: tuple[str, ...],
    saved: Path | None,
    rows: dict[str, dict[str, int]],
) -> Restored:
    files = [entry for entry in entries if entry.type is EntryType.FILE]
    return Restored(
        snapshot=snapshot,
        files=len(files),
        size=sum(entry.size for entry in files),
        paths=paths,
        saved=saved,
        rows=rows,
    )

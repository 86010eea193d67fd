"""The upgrade itself, and the way back. Hold the home's lock for both.

Copies are migrated and checked, then all files change places by one journal (:mod:`nanoclaw.operations.backup.swap`): a
kill before it leaves the old databases, a kill after it is finished by whoever opens the home next. The old files are
the snapshot: they are moved, never written.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nanoclaw.model.clock import Clock
from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.backup.errors import BackupError
from nanoclaw.operations.backup.swap import Swap, begin, finish, workshop
from nanoclaw.operations.databases.names import NamedDatabase, databases
from nanoclaw.operations.upgrade.errors import NoRollbackError, UpgradeError
from nanoclaw.operations.upgrade.outlook import Outlook, look_ahead, note_version
from nanoclaw.settings.home import Home
from nanoclaw.store.errors import StoreError
from nanoclaw.store.files import INDEX, LOG
from nanoclaw.store.migrate import refuse_newer
from nanoclaw.store.upgrade import make_upgraded, schema_of, settle

KEEP = 2
"""How many snapshots from before upgrades stay."""
_NAME = re.compile(r"(\d{4,})-(\d{8}T\d{6}Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """What was done. ``kept`` is where the databases from before are."""

    before: Outlook
    kept: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """What was put back, and where what it replaced is kept. ``since`` is when the upgrade was, ISO 8601."""

    schemas: dict[str, int]
    kept: Path
    since: str


def upgrade(home: Home, clock: Clock, alive: Callable[[], None] = lambda: None) -> Upgraded | None:
    """Bring the databases to this version's schema, if one is older; None when none is.

    A database that is not there yet is left to whoever opens it. ``alive`` is called again and again meanwhile.

    Raises:
        NewerSchemaError: this program is the older one.
        UpgradeError: there is no room, or the files cannot change places.
        StoreError: a database is damaged or locked, a migration failed, or the disk is full. Nothing has changed.
    """
    finish(home)
    there = [which for which in databases(home) if which.path.exists()]
    for which in there:
        refuse_newer(which.path, *schema_of(which.path, which.migrations))
    outlook = look_ahead(home)
    if not outlook.due:
        note_version(home)
        return None
    _require_own_folder(home)
    if outlook.free < outlook.least:
        raise UpgradeError(
            f"The databases need {_mib(outlook.least)} free to be upgraded, and there are {_mib(outlook.free)}",
            hint="Free space on that disk. Nothing has changed.",
        )
    kept = _next_name(home, clock)
    _switch(home, there, kept, alive)
    note_version(home)
    _thin_out(home)
    return Upgraded(before=outlook, kept=kept)


def rollback(home: Home, clock: Clock) -> RolledBack:
    """Put the databases from before the newest upgrade back, and keep those that they replace.

    Raises:
        NoRollbackError: there are none, or they are newer than this program.
        UpgradeError: they cannot be put there; nothing has changed.
        StoreError: one of them is damaged.
    """
    finish(home)
    found = snapshots(home)
    if not found:
        raise NoRollbackError(
            f"There are no databases from before an upgrade in {home.upgrades}",
            hint="`nanoclaw backup restore` brings back those of a backup.",
        )
    kept = _free_name(home.root / "replaced", clock)
    schemas: dict[str, int] = {}
    swaps = []
    for which in databases(home):
        old = found[-1] / which.path.name
        if old.exists():
            schemas[which.name], newest = schema_of(old, which.migrations)
            refuse_newer(old, schemas[which.name], newest)
        swaps += _swaps(home, which, old if old.exists() else None, kept / "store")
    _make(home, swaps)
    remove_tree(found[-1])
    return RolledBack(schemas=schemas, kept=kept, since=_moment(found[-1]))


def snapshots(home: Home) -> tuple[Path, ...]:
    """The folders with databases from before upgrades, the oldest first: by number, since clocks are set back."""
    try:
        found = [place for place in home.upgrades.iterdir() if _NAME.fullmatch(place.name) and any(place.iterdir())]
    except FileNotFoundError:
        return ()
    return tuple(sorted(found, key=_number))


def _require_own_folder(home: Home) -> None:
    """Files change places by being renamed, which a link or another disk does not allow."""
    store = home.database.parent
    if store.is_symlink() or store.stat().st_dev != home.root.stat().st_dev:
        raise UpgradeError(
            f"{store} is a link, or a disk of its own",
            hint="Make it a real folder of the home, or make the home a link instead. Nothing has changed.",
        )


def _switch(home: Home, there: list[NamedDatabase], kept: Path, alive: Callable[[], None]) -> None:
    """Both databases change places together, also one that is current: they name each other's rows."""
    shop = workshop(home)
    remove_tree(shop)
    swaps = []
    try:
        shop.mkdir(mode=0o700, parents=True)
        for which in there:
            settle(which.path)
            make_upgraded(which.path, shop / which.path.name, which.migrations, alive)
            swaps += _swaps(home, which, shop / which.path.name, kept)
    except OSError as error:
        remove_tree(shop)
        raise UpgradeError(
            f"Cannot copy the databases: {error.strerror}", hint="Mend the disk of the home. Nothing has changed."
        ) from error
    except StoreError:
        remove_tree(shop)
        raise
    _make(home, swaps)


def _make(home: Home, swaps: list[Swap]) -> None:
    try:
        begin(home, swaps)
    except (BackupError, OSError) as error:
        raise UpgradeError(
            f"The databases cannot change places: {error}", hint="The next start tries again, or goes on."
        ) from error


def _swaps(home: Home, which: NamedDatabase, new: Path | None, kept: Path) -> list[Swap]:
    """The file, and before it whatever is beside it: a log that stayed would be taken for the new one's."""
    sides = [
        Swap(target=_relative(home, which.path) + side, new="", saved=_relative(home, kept / (which.path.name + side)))
        for side in (LOG, INDEX)
    ]
    main = Swap(
        target=_relative(home, which.path),
        new=_relative(home, new) if new else "",
        saved=_relative(home, kept / which.path.name),
    )
    return [*sides, main]


def _thin_out(home: Home) -> None:
    for place in snapshots(home)[:-KEEP]:
        remove_tree(place)


def _next_name(home: Home, clock: Clock) -> Path:
    known = snapshots(home)
    return home.upgrades / f"{_number(known[-1]) + 1 if known else 1:04d}-{_stamp(clock)}"


def _free_name(folder: Path, clock: Clock) -> Path:
    place, number = folder / _stamp(clock), 1
    while place.exists():
        number += 1
        place = folder / f"{_stamp(clock)}-{number}"
    return place


def _stamp(clock: Clock) -> str:
    return datetime.fromtimestamp(clock.now() / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _number(place: Path) -> int:
    return int(place.name.partition("-")[0])


def _moment(place: Path) -> str:
    stamp = place.name.partition("-")[2]
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()


def _relative(home: Home, path: Path) -> str:
    return str(path.relative_to(home.root))


def _mib(size: int) -> str:
    return f"{-(-size // 2**20):,} MiB"

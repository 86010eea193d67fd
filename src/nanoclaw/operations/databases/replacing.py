"""Put another file in a database's place. What was there is kept; what a kill breaks off, the next start finishes."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.backup.swap import Swap, begin, workshop
from nanoclaw.operations.databases.names import NamedDatabase
from nanoclaw.settings.home import Home
from nanoclaw.store.errors import StoreError
from nanoclaw.store.files import INDEX, LOG
from nanoclaw.store.migrate import tables_of
from nanoclaw.store.salvage import Salvaged, salvage
from nanoclaw.store.survey import find_damage, read_state
from nanoclaw.store.upkeep import list_tables, load

_CHECK_SECONDS = 3_600.0
_SIDES = (LOG, INDEX)


class UnfitDatabaseError(NanoclawError):
    """A file cannot take a database's place."""


def recover(which: NamedDatabase, target: Path) -> tuple[Salvaged, ...]:
    """Save what can be read of a database into ``target``, which must not exist. The damaged file is only read.

    Raises:
        UnfitDatabaseError: ``target`` is there already.
        StoreError: nothing can be read, or the new one cannot be written.
    """
    if not which.path.exists():
        raise StoreError(f"{which.path} is not there", hint="Restore a backup: `nanoclaw backup restore`.")
    if target.exists():
        raise UnfitDatabaseError(f"{target} is there already", hint="Name another file with --output.")
    try:
        return salvage(which.path, target, which.migrations)
    except BaseException:
        # Half of it would only take up room, which may be what was wanting.
        for side in ("", *_SIDES):
            target.with_name(target.name + side).unlink(missing_ok=True)
        raise


def recover_in_place(home: Home, which: NamedDatabase, clock: Clock) -> tuple[tuple[Salvaged, ...], Path | None]:
    """Save what can be read and put it in the database's place; where the damaged one is kept. Hold the home's lock.

    Raises:
        As :func:`recover`, or UnfitDatabaseError; then nothing was replaced.
    """
    with _making(home, which) as new:
        found = recover(which, new)
        _check(which, new)
    return found, _replace(home, which, new, clock)


def load_dump(home: Home, which: NamedDatabase, script: Path, clock: Clock) -> Path | None:
    """Make the database anew of what ``db dump`` wrote; where the one that was there is kept. Hold the home's lock.

    Raises:
        UnfitDatabaseError: the file cannot be read, or what it makes is not this program's database.
        StoreError: it is no dump.
    """
    try:
        text = script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UnfitDatabaseError(f"{script} cannot be read: {why}", hint="Name a file that db dump wrote.") from error
    with _making(home, which) as new:
        load(new, text)
        _check(which, new)
    return _replace(home, which, new, clock)


@contextmanager
def _making(home: Home, which: NamedDatabase) -> Iterator[Path]:
    """Where a new file for a database is made: on the home's own disk. Of one that fails nothing stays."""
    folder = workshop(home)
    remove_tree(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder / which.path.name
    except BaseException:
        remove_tree(folder)
        raise


def _replace(home: Home, which: NamedDatabase, new: Path, clock: Clock) -> Path | None:
    """Put a file that was checked in the database's place; where the one that was there is kept."""
    stamp = datetime.fromtimestamp(clock.now() / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = home.root / "replaced" / stamp / "store"
    was_there = which.path.exists()
    swaps = [
        Swap(
            target=_relative(home, which.path), new=_relative(home, new), saved=_relative(home, kept / which.path.name)
        )
    ]
    # A log that stayed beside the new file would be taken for its own.
    swaps += [
        Swap(target=f"store/{which.path.name}{side}", new="", saved=_relative(home, kept / f"{which.path.name}{side}"))
        for side in _SIDES
    ]
    begin(home, swaps[1:] + swaps[:1])
    return kept if was_there else None


def _check(which: NamedDatabase, new: Path) -> None:
    try:
        damage = find_damage(new, _CHECK_SECONDS, thorough=True)
        state = read_state(new, which.migrations)
    except StoreError as error:
        raise UnfitDatabaseError(
            f"What was made is no sound database: {error}", hint="Nothing was replaced."
        ) from error
    if damage:
        raise UnfitDatabaseError(f"What was made is damaged: {damage[0]}", hint="Nothing was replaced.")
    if not 1 <= state.schema <= state.newest_schema:
        raise UnfitDatabaseError(
            f"Its schema is {state.schema}; this program knows 1 to {state.newest_schema}",
            hint="Use a dump that this version or an older one wrote. Nothing was replaced.",
        )
    if missing := tables_of(which.migrations, state.schema) - {table.name for table in list_tables(new)}:
        raise UnfitDatabaseError(
            f"It is no database of {which.name}: it has no table {min(missing)}",
            hint="Name with --database whose dump it is. Nothing was replaced.",
        )
    for side in _SIDES:
        with suppress(FileNotFoundError):
            new.with_name(new.name + side).unlink()


def _relative(home: Home, path: Path) -> str:
    return str(path.relative_to(home.root))

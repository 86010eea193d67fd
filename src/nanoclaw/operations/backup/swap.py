"""Put restored files in the place of those that are there, in a way that a kill cannot leave half done.

Everything new is complete and on disk before the journal is written. From then on whoever opens the home finishes what
the journal says, step by step, each of which does nothing when it was done already. Before then nothing happened.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.backup.errors import BackupError
from nanoclaw.operations.backup.reach import Reach, split
from nanoclaw.settings.home import Home
from nanoclaw.settings.whole_files import replace_file, sync_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """One path that is replaced. Paths are relative to the home, or absolute where they lie outside."""

    target: str
    new: str
    """Empty: nothing takes its place."""
    saved: str
    """Where what is there goes."""


def workshop(home: Home) -> Path:
    """Where restored files wait for their place; on the home's own disk."""
    return home.root / "data" / "restoring"


def begin(home: Home, swaps: Sequence[Swap]) -> None:
    """Check that every swap can be made, write the journal, and make them.

    Raises:
        BackupError: one cannot; nothing was changed.
    """
    for swap in swaps:
        _check(home, swap)
    journal = {"format": 1, "swaps": [asdict(swap) for swap in swaps]}
    replace_file(_journal(home), json.dumps(journal).encode())
    finish(home)


def is_pending(home: Home) -> bool:
    """Whether a restore was interrupted in the middle: the home is of two pieces until :func:`finish` was called."""
    return _journal(home).exists()


def finish(home: Home) -> bool:
    """Finish a restore that was interrupted, and clear away one that never began; whether there was one to finish.

    Call it with the home's lock held, before anything of the home is opened.

    Raises:
        BackupError: it cannot be finished, and why; it can be tried again.
    """
    journal = _journal(home)
    try:
        found = json.loads(journal.read_text(encoding="ascii"))
    except FileNotFoundError:
        remove_tree(workshop(home))
        return False
    try:
        for raw in found["swaps"]:
            _make(home, Swap(**raw))
        os.sync()
        journal.unlink()
        sync_folder(journal.parent)
    except OSError as error:
        raise BackupError(
            f"An interrupted restore of {home.root} cannot be finished: {error.filename}: {error.strerror}",
            hint="Mend that and run `nanoclaw backup restore` again, or any other command on this home.",
        ) from error
    remove_tree(workshop(home))
    return True


def _make(home: Home, swap: Swap) -> None:
    """One swap, or what is missing of it."""
    new, saved = (_place(home, path) if path else None for path in (swap.new, swap.saved))
    if (swap.new and (new is None or not os.path.lexists(new))) or saved is None:
        return  # Done before.
    saved.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts, name, root = _split(home, swap.target)
    with Reach(root) as reach:
        folder = reach.folder(parts, make=True)
        if _is_there(name, folder):
            os.rename(name, _free(saved), src_dir_fd=folder)
        if new is not None:
            os.rename(new, name, dst_dir_fd=folder)


def _check(home: Home, swap: Swap) -> None:
    parts, name, root = _split(home, swap.target)
    try:
        with Reach(root) as reach:
            folder = reach.folder(parts, make=True)
            device = os.fstat(folder).st_dev
            if _is_there(name, folder) and os.stat(name, dir_fd=folder, follow_symlinks=False).st_dev != device:
                raise BackupError(
                    f"{swap.target} is a disk of its own", hint="Restore with --to, and copy it yourself."
                )
    except OSError as error:
        raise BackupError(
            f"Cannot replace {swap.target}: {error.strerror}", hint="Is a link in its way? Restore with --to instead."
        ) from error
    if swap.new and _place(home, swap.new).lstat().st_dev != device:
        raise BackupError(
            f"{swap.target} is on another disk than the home", hint="Restore with --to, and copy it yourself."
        )


def _is_there(name: str, folder: int) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _free(saved: Path) -> Path:
    """A name for what is saved that does not replace what was saved."""
    place, number = saved, 1
    while os.path.lexists(place):
        number += 1
        place = saved.with_name(f"{saved.name}.{number}")
    return place


def _split(home: Home, target: str) -> tuple[tuple[str, ...], str, Path]:
    if target.startswith("/"):
        return (), Path(target).name, Path(target).parent
    parts, name = split(target)
    return parts, name, home.root


def _place(home: Home, path: str) -> Path:
    return home.root / path  # An absolute path stays what it is.


def _journal(home: Home) -> Path:
    return home.root / "data" / "restore.json"

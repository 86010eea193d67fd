"""The checkout that this program runs from, where it runs from one."""

from pathlib import Path

import nanoclaw


def find_lock() -> Path | None:
    """The lock file of the checkout that runs; None in an installed package, which has none."""
    lock = Path(nanoclaw.__file__).parents[2] / "requirements" / "runtime.lock"
    return lock if lock.is_file() else None

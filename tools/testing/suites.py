"""The suites, in the one place that knows them: the runner and ``tests/conftest.py`` both read this table."""

from collections.abc import Sequence
from pathlib import Path

NORMAL = "tests"

SEPARATE = {
    "crash": "tests/crash",  # kill -9 at every step
}
"""Suites that only ``--suite`` runs, or naming their folder: they take long, or need a machine of their own."""


def is_left_out(path: Path, root: Path, asked_for: Sequence[str]) -> bool:
    """Whether ``path`` belongs to a separate suite that nobody asked for.

    Args:
        path: absolute path of a folder or file.
        root: absolute path of the repository.
        asked_for: paths and node ids as given to pytest; relative ones count from ``root``.
    """
    wanted = [(root / argument.partition("::")[0]).resolve() for argument in asked_for]
    for folder in (root / name for name in SEPARATE.values()):
        if path == folder or folder in path.parents:
            return not any(one == folder or folder in one.parents for one in wanted)
    return False

"""The suites, in the one place that knows them: the runner and ``tests/conftest.py`` both read this table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NORMAL = "tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Tests that ``--suite`` runs by a name. ``separate``: the normal run leaves them out."""

    folder: str
    separate: bool = False


SUITES = {
    "crash": Suite(folder="tests/crash", separate=True),  # kill -9 at every step: takes long
    "escape": Suite(folder="tests/escape"),  # attempts to break out of the sandbox
}


def is_left_out(path: Path, root: Path, asked_for: Sequence[str]) -> bool:
    """Whether ``path`` belongs to a separate suite that nobody asked for.

    Args:
        path: absolute path of a folder or file.
        root: absolute path of the repository.
        asked_for: paths and node ids as given to pytest; relative ones count from ``root``.
    """
    wanted = [(root / argument.partition("::")[0]).resolve() for argument in asked_for]
    for folder in (root / suite.folder for suite in SUITES.values() if suite.separate):
        if path == folder or folder in path.parents:
            return not any(one == folder or folder in one.parents for one in wanted)
    return False

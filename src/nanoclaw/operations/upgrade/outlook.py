"""What an upgrade would change, and what it needs. Reads only."""

import shutil
from contextlib import suppress
from dataclasses import dataclass

from nanoclaw import __version__
from nanoclaw.operations.databases.names import databases
from nanoclaw.settings.home import Home
from nanoclaw.settings.whole_files import replace_file
from nanoclaw.store.survey import log_size
from nanoclaw.store.upgrade import schema_of

MARGIN = 16 * 2**20
"""What is left free beside the copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStep:
    """One database: its schema now (0: it is not there yet), this program's, and its bytes with its log."""

    name: str
    now: int
    new: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What would change. ``last_version`` is the program that was here last, empty where nobody wrote it down."""

    last_version: str
    version: str
    steps: tuple[SchemaStep, ...]
    needs: int
    """Bytes at most: the copies, and as much again while they are rewritten. 0 when nothing is to be done."""
    least: int
    """Bytes without which it cannot be begun."""
    free: int

    @property
    def due(self) -> bool:
        """Whether a database is older than the program."""
        return any(0 < step.now < step.new for step in self.steps)

    @property
    def newer(self) -> bool:
        """Whether a database is newer than the program."""
        return any(step.now > step.new for step in self.steps)


def look_ahead(home: Home) -> Outlook:
    """See what :func:`nanoclaw.operations.upgrade.perform.upgrade` would do.

    Raises:
        StoreError: a database is locked, damaged or unreadable.
    """
    steps = []
    for which in databases(home):
        now, new = schema_of(which.path, which.migrations)
        size = which.path.stat().st_size + log_size(which.path) if which.path.exists() else 0
        steps.append(SchemaStep(name=which.name, now=now, new=new, bytes=size))
    due = any(0 < step.now < step.new for step in steps)
    copies = sum(step.bytes for step in steps)
    rewritten = sum(step.bytes for step in steps if step.now < step.new)
    return Outlook(
        last_version=read_version(home),
        version=__version__,
        steps=tuple(steps),
        needs=copies + 2 * rewritten + MARGIN if due else 0,
        least=copies + MARGIN if due else 0,
        free=shutil.disk_usage(_nearest(home)).free,
    )


def read_version(home: Home) -> str:
    """The program that was here last; empty where nobody wrote it down."""
    with suppress(OSError, UnicodeDecodeError):
        return home.program_version.read_text(encoding="ascii").strip()[:40]
    return ""


def note_version(home: Home) -> None:
    """Write down that this version of the program was here; what cannot be written is no reason to stop."""
    if read_version(home) == __version__:
        return
    with suppress(OSError):
        replace_file(home.program_version, f"{__version__}\n".encode("ascii"))


def _nearest(home: Home) -> str:
    place = home.root
    while not place.exists():
        place = place.parent
    return str(place)

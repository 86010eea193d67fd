"""The way back: the newest backup, or one made for this, restored into a scratch home and started."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nanoclaw import __version__
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.backup.create import Surroundings, create
from nanoclaw.operations.backup.drill import Drilled, clear_stale, drill
from nanoclaw.operations.backup.opening import Opened, open_backups
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.restore import Choice, Way
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.vault import FolderVault
from nanoclaw.operations.verify.contract import Field, Order, StepFailedError

_HINT = "`nanoclaw doctor --section backup` and `nanoclaw backup verify` say more."


def try_the_way_back(field: Field) -> list[str]:
    """A drill. Where there is no backup yet one is made, aside, and thrown away."""
    order = field.order
    place = order.home.backups / "drill"
    was_there = place.exists()
    try:
        opened = open_backups(order.home, order.clock, to_write=True)
        if opened.repository.names():
            done = _drilled(order, opened.repository, keep=True)
            return [f"of the backup {done.restored.snapshot.name}", *_facts(done)]
        with _aside(order, opened) as repository:
            done = _drilled(order, repository, keep=False)
        return ["there is no backup yet: one was made for this, and thrown away", *_facts(done)]
    except NanoclawError as error:
        raise StepFailedError(str(error), hint=error.hint or _HINT, check="backup-verified") from error
    finally:
        if not was_there:
            with suppress(OSError):  # a drill that runs by itself uses it now
                place.rmdir()


def _drilled(order: Order, repository: Repository, *, keep: bool) -> Drilled:
    way = Way(
        repository=repository,
        home=order.home,
        mount_allowlist=order.mount_allowlist,
        clock=order.clock,
        hold=order.hold,
    )
    return drill(way, Choice(), order.daemon, order.environment, keep=keep)


def _facts(done: Drilled) -> list[str]:
    rows = sum(count for tables in done.restored.rows.values() for count in tables.values())
    return [
        f"{done.restored.files:,} files restored in {done.restore_seconds:.1f} s; {rows:,} rows, as many as it says",
        f"a daemon started on it in {done.start_seconds:.1f} s and knew {done.groups} groups",
    ]


@contextmanager
def _aside(order: Order, opened: Opened) -> Iterator[Repository]:
    place = order.home.backups / "drill"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    clear_stale(place)
    folder = Path(tempfile.mkdtemp(prefix=f"vault-{os.getpid()}-", dir=place))
    try:
        vault = FolderVault(folder, leave_free=opened.leave_free)
        repository = Repository(vault, opened.repository.ring.secret, order.clock)
        around = Surroundings(
            clock=order.clock,
            program=__version__,
            mount_allowlist=order.mount_allowlist,
            leave_free=opened.leave_free,
        )
        create(repository, order.home, Kind.MANUAL, around)
        yield repository
    finally:
        remove_tree(folder)

"""Remove snapshots that the policy does not keep, then chunks that no snapshot needs."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.errors import BackupDamagedError, NewerBackupError
from nanoclaw.operations.backup.repository import CHUNKS, SNAPSHOTS, Repository
from nanoclaw.operations.backup.retention import Policy, kept
from nanoclaw.operations.backup.snapshot import SnapshotName
from nanoclaw.operations.backup.vault import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went, or would go."""

    removed: tuple[SnapshotName, ...]
    kept: tuple[SnapshotName, ...]
    chunks: int
    freed: int
    unreadable: tuple[SnapshotName, ...] = ()
    """While one that stays cannot be read, nobody knows which chunks it needs: all of them stay."""


def prune(
    repository: Repository, policy: Policy, now: Milliseconds, zone: ZoneInfo, *, dry_run: bool = False
) -> Pruned:
    """Thin out. Interrupted at any moment it leaves whole snapshots and, at worst, chunks that nobody needs.

    Raises:
        BackupKeyError: what stays is encrypted, and the secret is missing or another; nothing was removed.
        BackupBusyError: somebody reads or adds.
    """
    with repository.using(Use.REMOVE):
        names = repository.names()
        staying = kept(names, policy, now, zone)
        going = tuple(name for name in names if name not in staying)
        needed: set[str] = set()
        unreadable = []
        for name in sorted(staying, key=str):
            try:
                needed |= repository.read(name)[0].chunks
            except (BackupDamagedError, NewerBackupError):
                unreadable.append(name)
        unneeded = [] if unreadable else [chunk for chunk in repository.vault.names(CHUNKS) if chunk not in needed]
        freed = 0
        if not dry_run:
            freed += repository.vault.remove(SNAPSHOTS, map(str, going))
            freed += repository.vault.remove(CHUNKS, unneeded)
    return Pruned(
        removed=going,
        kept=tuple(name for name in names if name in staying),
        chunks=len(unneeded),
        freed=freed,
        unreadable=tuple(unreadable),
    )

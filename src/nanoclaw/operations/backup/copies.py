"""A second place for backups: what is in the first is copied as it is, sealed as it is, snapshots last."""

import secrets
import shlex
from dataclasses import dataclass

from nanoclaw.operations.backup.errors import BackupDamagedError, BackupError, NewerBackupError
from nanoclaw.operations.backup.progress import Progress, Step, ignore
from nanoclaw.operations.backup.repository import CHUNKS, SNAPSHOTS, Repository
from nanoclaw.operations.backup.snapshot import SnapshotName
from nanoclaw.operations.backup.vault import Use

_ABOUT = "about"
_BATCH = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What went over."""

    place: str
    snapshots: int
    chunks: int
    written: int


def replicate(source: Repository, target: Repository, progress: Progress = ignore) -> Copied:
    """Bring every snapshot that is whole, and that the target lacks, over to it; and chunks that the target lost.

    The two share an identity. A target that lost it is most likely a mount point whose disk is not mounted.

    Raises:
        BackupError: the target is another home's, is not mounted, or cannot be written.
    """
    with source.using(Use.READ):
        identities = _identities(source)
        with target.using(Use.ADD):
            _agree(source, target, identities)
            present, chunks = set(target.names()), set(target.vault.names(CHUNKS))
            lost = set(source.vault.names(CHUNKS)) - chunks
            count, written, made = 0, 0, 0
            for name in (one for one in source.names() if lost or one not in present):
                try:
                    needed = source.read(name)[0].chunks
                    missing = sorted(needed & lost if name in present else needed - chunks)
                    written += _bring(source, target, missing, name, progress)
                    if name not in present:
                        written += _announce(source, target, name)
                        count += 1
                except (BackupDamagedError, NewerBackupError):
                    continue  # Verifying tells of it; the others are no less worth copying.
                chunks.update(missing)
                lost.difference_update(missing)
                made += len(missing)
    return Copied(place=target.vault.place, snapshots=count, chunks=made, written=written)


def _bring(source: Repository, target: Repository, missing: list[str], name: SnapshotName, progress: Progress) -> int:
    written = 0
    for start in range(0, len(missing), _BATCH):
        blobs = [(chunk, source.vault.read(CHUNKS, chunk)) for chunk in missing[start : start + _BATCH]]
        target.vault.write(CHUNKS, blobs)
        written += sum(len(blob) for _, blob in blobs)
        progress(Step(what=f"copy {name}", done=start + len(blobs), total=len(missing)))
    return written


def _announce(source: Repository, target: Repository, name: SnapshotName) -> int:
    """Make a snapshot visible whose chunks are all there."""
    blob = source.vault.read(SNAPSHOTS, str(name))
    target.vault.write(SNAPSHOTS, [(str(name), blob)])
    return len(blob)


def _identities(source: Repository) -> set[str]:
    """Its own, and those of homes that it took over from."""
    found = {name for name in source.vault.names(_ABOUT) if name.startswith("id-")}
    if not found:
        found = {f"id-{secrets.token_hex(8)}"}
        source.vault.write(_ABOUT, [(name, b"") for name in found])
    return found


def _agree(source: Repository, target: Repository, identities: set[str]) -> None:
    theirs = {name for name in target.vault.names(_ABOUT) if name.startswith("id-")}
    if identities & theirs:
        return
    if theirs or target.names():
        take_over = f"cp {shlex.quote(target.vault.place)}/{_ABOUT}/id-* {shlex.quote(source.vault.place)}/{_ABOUT}/"
        raise BackupError(
            f"{target.vault.place} holds backups of another home",
            hint="Give each home a folder of its own. If this one has taken over from the other for good, go on there:"
            f" `{take_over}`.",
        )
    mark = f"copied-{_label(target.vault.place)}"
    if mark in set(source.vault.names(_ABOUT)):
        raise BackupError(
            f"{target.vault.place} had a copy of these backups and is empty now",
            hint=f"Is its disk mounted? If it is to begin anew, remove {source.vault.place}/{_ABOUT}/{mark}.",
        )
    target.vault.write(_ABOUT, [(name, b"") for name in sorted(identities)])
    source.vault.write(_ABOUT, [(mark, b"")])


def _label(place: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in place)[-100:]

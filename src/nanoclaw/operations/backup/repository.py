"""Snapshots and chunks in a vault: what all commands work on."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.operations.backup.codec import SealRing, decode, encode, read_header
from nanoclaw.operations.backup.errors import BackupDamagedError, BackupKeyError, NoSuchBackupError
from nanoclaw.operations.backup.seals import PlainSeal, Seal, new_key
from nanoclaw.operations.backup.snapshot import Kind, Part, Snapshot, SnapshotName, parse_name
from nanoclaw.operations.backup.vault import Use, Vault

SNAPSHOTS = "snapshots"
CHUNKS = "chunks"
_PATIENCE_SECONDS = 30
_TOLERANCE = 60_000


class Repository:
    """The backups in one vault, with the owner's secret where there is one."""

    def __init__(
        self, vault: Vault, secret: bytes | None, clock: Clock, *, patience: float = _PATIENCE_SECONDS
    ) -> None:
        self.vault = vault
        self.ring = SealRing(secret)
        self._clock = clock
        self._patience = patience

    @contextmanager
    def using(self, use: Use) -> Iterator[None]:
        """Hold it; raises BackupBusyError after half a minute."""
        with self.vault.using(use, self._patience):
            yield

    def names(self) -> list[SnapshotName]:
        """All snapshots, oldest first; no key is needed."""
        found = (parse_name(name) for name in self.vault.names(SNAPSHOTS))
        return sorted((one for one in found if one is not None), key=lambda name: (name.at, name.tag))

    def read(self, name: SnapshotName) -> tuple[Snapshot, Seal]:
        """One snapshot, and the seal of its chunks.

        Raises:
            BackupDamagedError, BackupKeyError, NewerBackupError: it cannot be read.
        """
        return decode(name, self.vault.read(SNAPSHOTS, str(name)), self.ring)

    def is_sealed(self, name: SnapshotName) -> bool:
        """Whether it is encrypted. Raises BackupDamagedError, NewerBackupError."""
        return read_header(name, self.vault.read(SNAPSHOTS, str(name))) is not None

    def new_name(self, kind: Kind) -> SnapshotName:
        """A name for a snapshot that begins now."""
        return SnapshotName(at=self._clock.now(), kind=kind, tag=secrets.token_hex(3))

    def seal_for_new(self) -> Seal:
        """What new snapshots are closed with: the key of earlier ones, a new one, or none.

        Raises:
            BackupKeyError: earlier ones are encrypted with another secret, or there is none now.
        """
        for name in reversed(self.names()):
            try:
                wrapped = read_header(name, self.vault.read(SNAPSHOTS, str(name)))
            except BackupDamagedError:
                continue
            if wrapped is not None:
                return self.ring.seal(wrapped)
        if self.ring.secret is None:
            return PlainSeal()
        made = new_key(self.ring.secret)
        self.ring.remember(made)
        return made

    def keep(self, snapshot: Snapshot, seal: Seal) -> int:
        """Make a snapshot visible; every chunk of it must be there. Its size in bytes."""
        blob = encode(snapshot, seal)
        self.vault.write(SNAPSHOTS, [(str(snapshot.name), blob)])
        return len(blob)

    def chunk(self, name: str, seal: Seal) -> bytes:
        """A chunk's content, checked against its name.

        Raises:
            BackupDamagedError: missing, or not what was written.
        """
        data = seal.open(name, self.vault.read(CHUNKS, name))
        if seal.name_of(data) != name:
            raise BackupDamagedError(f"The chunk {name} of the backup is damaged", hint="Restore from another backup.")
        return data

    def find(self, text: str | None, at: Milliseconds | None, parts: frozenset[Part]) -> SnapshotName:
        """The snapshot of that name or beginning of one, or the newest that is not younger than ``at``.

        Only those that hold all ``parts`` count; and without a time those of the future, made while the clock was
        wrong, only where there is no other.

        Raises:
            NoSuchBackupError: none fits, or several.
        """
        fit = [name for name in self.names() if parts <= name.kind.parts]
        if text is not None:
            fit = [name for name in self.names() if str(name).startswith(text) or name.tag == text]
        elif at is not None:
            fit = [name for name in fit if name.at <= at]
        else:
            now = self._clock.now() + _TOLERANCE
            fit = [name for name in fit if name.at <= now] or fit
        if not fit or (text is not None and len(fit) > 1):
            what = self._what_is_wrong(text, at, several=bool(fit))
            raise NoSuchBackupError(f"{what} in {self.vault.place}", hint="`nanoclaw backup list` shows what there is.")
        return fit[-1]

    def _what_is_wrong(self, text: str | None, at: Milliseconds | None, *, several: bool) -> str:
        if several:
            return f"The names of several backups begin with {text!r}"
        if not self.names():
            return "There are no backups"
        if text is not None:
            return f"There is no backup {text!r}"
        return "There is no backup of what is asked for" + (" that is old enough" if at is not None else "")


def readable(repository: Repository, names: Sequence[SnapshotName]) -> Iterator[tuple[Snapshot, Seal]]:
    """Those snapshots that can be read, for whoever only wants what they share.

    Raises:
        BackupKeyError: the secret is wrong; that is no damage.
    """
    for name in names:
        try:
            yield repository.read(name)
        except BackupKeyError:
            raise
        except BackupDamagedError:
            continue

"""A snapshot as bytes: one line of JSON that can be read without a key, then the sealed list."""

import json
from typing import Any

from nanoclaw.operations.backup.errors import BackupDamagedError, NewerBackupError
from nanoclaw.operations.backup.seals import KeyedSeal, PlainSeal, Seal, WrappedKey, unlock
from nanoclaw.operations.backup.snapshot import (
    DatabaseFacts,
    Entry,
    EntryType,
    Part,
    Skipped,
    Snapshot,
    SnapshotName,
    Stamp,
)

FORMAT = 1
_MARK = "nanoclaw-backup"
_LONGEST_HEADER = 4096


class SealRing:
    """Seals by their wrapped keys: a passphrase is stretched once for each, which takes a fifth of a second."""

    def __init__(self, secret: bytes | None) -> None:
        self.secret = secret
        self._known: dict[WrappedKey, KeyedSeal] = {}

    def seal(self, wrapped: WrappedKey | None) -> Seal:
        """The seal of a snapshot with that header. Raises BackupKeyError."""
        if wrapped is None:
            return PlainSeal()
        if wrapped not in self._known:
            self._known[wrapped] = unlock(wrapped, self.secret)
        return self._known[wrapped]

    def remember(self, seal: KeyedSeal) -> None:
        """One that was made here."""
        if seal.wrapped is not None:
            self._known[seal.wrapped] = seal


def encode(snapshot: Snapshot, seal: Seal) -> bytes:
    """The file of a snapshot."""
    wrapped = seal.wrapped
    key = (
        None
        if wrapped is None
        else {"salt": wrapped.salt, "wrapped": wrapped.wrapped, "n": wrapped.n, "r": wrapped.r, "p": wrapped.p}
    )
    header = json.dumps({_MARK: FORMAT, "key": key}).encode()
    return header + b"\n" + seal.close(str(snapshot.name), json.dumps(_as_json(snapshot)).encode())


def read_header(name: SnapshotName, blob: bytes) -> WrappedKey | None:
    """The key that a snapshot was made with; None: none.

    Raises:
        BackupDamagedError: no header.
        NewerBackupError: of a later format.
    """
    line = blob[:_LONGEST_HEADER].partition(b"\n")[0]
    try:
        header = json.loads(line)
        version = int(header[_MARK])
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(name) from error
    if version > FORMAT:
        raise NewerBackupError(
            f"The backup {name} has format {version}; this version of nanoclaw reads up to {FORMAT}",
            hint="Restore it with the nanoclaw that made it, or a newer one.",
        )
    try:
        key = header["key"]
        return None if key is None else WrappedKey(**key)
    except (KeyError, TypeError) as error:
        raise _damaged(name) from error


def decode(name: SnapshotName, blob: bytes, ring: SealRing) -> tuple[Snapshot, Seal]:
    """The snapshot in a file, and the seal that opens its chunks.

    Raises:
        BackupDamagedError, BackupKeyError, NewerBackupError: it cannot be read.
    """
    wrapped = read_header(name, blob)
    seal = ring.seal(wrapped)
    text = seal.open(str(name), blob.partition(b"\n")[2])
    try:
        return _from_json(name, json.loads(text), sealed=wrapped is not None), seal
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(name) from error


def _as_json(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "program": snapshot.program,
        "home": snapshot.home,
        "parts": sorted(snapshot.parts),
        "databases": {path: {"schema": one.schema, "rows": one.rows} for path, one in snapshot.databases.items()},
        "skipped": [[one.path, one.why] for one in snapshot.skipped],
        "entries": [
            [
                one.path,
                one.type,
                one.mode,
                one.size,
                _stamp_as_json(one.stamp),
                _stamp_as_json(one.side) if one.side else None,
                one.target,
                list(one.chunks),
            ]
            for one in snapshot.entries
        ],
    }


def _from_json(name: SnapshotName, raw: dict[str, Any], *, sealed: bool) -> Snapshot:
    return Snapshot(
        name=name,
        program=str(raw["program"]),
        home=str(raw["home"]),
        parts=frozenset(Part(one) for one in raw["parts"]),
        databases={
            path: DatabaseFacts(schema=int(one["schema"]), rows={key: int(rows) for key, rows in one["rows"].items()})
            for path, one in raw["databases"].items()
        },
        skipped=tuple(Skipped(path=path, why=why) for path, why in raw["skipped"]),
        entries=tuple(_entry(one) for one in raw["entries"]),
        sealed=sealed,
    )


def _entry(raw: list[Any]) -> Entry:
    path, kind, mode, size, stamp, side, target, chunks = raw
    return Entry(
        path=_safe(path),
        type=EntryType(kind),
        mode=int(mode),
        size=int(size),
        stamp=_stamp(stamp),
        side=_stamp(side) if side else None,
        target=str(target),
        chunks=tuple(_chunk_name(one) for one in chunks),
    )


def _safe(path: str) -> str:
    """A backup may have been tampered with: a path must stay below where it is restored to."""
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts) or "\0" in path:
        raise ValueError(path)
    return path


def _chunk_name(name: str) -> str:
    if len(name) != 64 or not all(digit in "0123456789abcdef" for digit in name):
        raise ValueError(name)
    return name


def _stamp_as_json(stamp: Stamp) -> list[int]:
    return [stamp.size, stamp.modified, stamp.changed, stamp.inode]


def _stamp(raw: list[int]) -> Stamp:
    size, modified, changed, inode = map(int, raw)
    return Stamp(size=size, modified=modified, changed=changed, inode=inode)


def _damaged(name: SnapshotName) -> BackupDamagedError:
    return BackupDamagedError(f"The backup {name} is damaged", hint="Restore another one; `nanoclaw backup list`.")

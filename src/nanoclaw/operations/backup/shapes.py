"""Results as the JSON that ``--json`` prints: stable shapes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from nanoclaw.operations.backup.create import Created
from nanoclaw.operations.backup.restore import Restored
from nanoclaw.operations.backup.snapshot import Entry, EntryType, Snapshot, SnapshotName
from nanoclaw.operations.backup.verify import Verified

Document = dict[str, Any]


def iso(milliseconds: int) -> str:
    """UTC, to the second."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def name_shape(name: SnapshotName, *, encrypted: bool | None) -> Document:
    """What a snapshot's name tells. ``encrypted`` is null where the file cannot be read."""
    return {
        "name": str(name),
        "at": iso(name.at),
        "kind": name.kind,
        "parts": sorted(name.kind.parts),
        "encrypted": encrypted,
    }


def snapshot_shape(snapshot: Snapshot) -> Document:
    """A snapshot without its files."""
    return {
        **name_shape(snapshot.name, encrypted=snapshot.sealed),
        "parts": sorted(snapshot.parts),
        "program": snapshot.program,
        "home": snapshot.home,
        "files": sum(entry.type is EntryType.FILE for entry in snapshot.entries),
        "bytes": snapshot.size,
        "databases": {path: {"schema": one.schema, "rows": one.rows} for path, one in snapshot.databases.items()},
        "skipped": [{"path": one.path, "why": one.why} for one in snapshot.skipped],
    }


def entry_shapes(entries: Iterable[Entry]) -> list[Document]:
    """Files, folders and links."""
    return [
        {
            "path": entry.path,
            "type": entry.type,
            "mode": f"{entry.mode:03o}",
            "bytes": entry.size,
            "modified": iso(entry.stamp.modified // 1_000_000),
        }
        for entry in entries
    ]


def created_shape(created: Created) -> Document:
    """A new snapshot."""
    return {
        "snapshot": snapshot_shape(created.snapshot),
        "read_bytes": created.tally.read,
        "written_bytes": created.tally.written,
        "new_chunks": created.tally.chunks,
        "seconds": round(created.seconds, 3),
    }


def verified_shape(verified: Verified) -> Document:
    """What was checked."""
    return {
        "ok": not verified.problems,
        "snapshots": verified.snapshots,
        "chunks": verified.chunks,
        "bytes": verified.size,
        "set_aside": verified.set_aside,
        "problems": [
            {"snapshot": str(one.snapshot), "what": one.what, "files": list(one.files)} for one in verified.problems
        ],
    }


def restored_shape(restored: Restored) -> Document:
    """What was restored."""
    return {
        "snapshot": str(restored.snapshot.name),
        "at": iso(restored.snapshot.name.at),
        "paths": list(restored.paths),
        "files": restored.files,
        "bytes": restored.size,
        "replaced": str(restored.saved) if restored.saved else None,
        "rows": restored.rows,
    }

"""What the last verification and the last drill said, and what was watched: small files in ``backups/state``."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.scan import Omissions, scan
from nanoclaw.operations.backup.snapshot import EntryType
from nanoclaw.settings.home import Home
from nanoclaw.settings.whole_files import replace_file
from nanoclaw.store.files import SIDES

VERIFY = "verify"
DRILL = "drill"
_WATCHED = "watched"
_CHURN = ("incoming", "fetched", "spool")
"""Folders of channels whose files come and go with every message."""
_CHURNING = ("sent", "identities", "notes.json", ".log", ".db", ".sqlite", ".sqlite3", *SIDES)
"""Files that change all the time; that there is one still counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How something went that runs by itself."""

    at: Milliseconds
    ok: bool
    text: str


def read_outcome(home: Home, what: str) -> Outcome | None:
    """The last outcome; None: there was none, or it cannot be read, which is the same to whoever asks."""
    raw = _read(home, what)
    try:
        return Outcome(at=Milliseconds(int(raw["at"])), ok=bool(raw["ok"]), text=str(raw["text"]))
    except (KeyError, TypeError, ValueError):
        return None


def write_outcome(home: Home, what: str, outcome: Outcome) -> None:
    """Keep an outcome. Raises OSError."""
    _write(home, what, {"at": outcome.at, "ok": outcome.ok, "text": outcome.text})


def read_watched(home: Home) -> str:
    """The digest of configuration and logins that the newest backup has; empty: none is known."""
    return str(_read(home, _WATCHED).get("digest", ""))


def write_watched(home: Home, digest: str) -> None:
    """Keep the digest. Raises OSError."""
    _write(home, _WATCHED, {"digest": digest})


def watch_digest(home: Home, mount_allowlist: Path) -> str:
    """How configuration and logins look from outside: names, sizes and times, not contents."""
    digest = hashlib.sha256()
    for path in (home.config, home.env_file, mount_allowlist):
        with suppress(OSError):
            status = path.stat()
            digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\0".encode())
    for found in scan(home.database.parent / "auth", "", Omissions()):
        if found.type is EntryType.FOLDER or set(_CHURN) & set(found.parts[:-1]):
            continue
        looks = "" if found.parts[-1].endswith(_CHURNING) else f"{found.stamp.size} {found.stamp.modified}"
        digest.update(f"{'/'.join(found.parts)} {looks}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _read(home: Home, what: str) -> dict[str, Any]:
    try:
        raw = json.loads(_path(home, what).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _write(home: Home, what: str, raw: dict[str, Any]) -> None:
    path = _path(home, what)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, json.dumps(raw).encode())


def _path(home: Home, what: str) -> Path:
    return home.backups / "state" / f"{what}.json"

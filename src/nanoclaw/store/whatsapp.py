"""The database of the WhatsApp client's library, looked at and mended from outside.

It is another program's, made by neonize 0.5.2 (whatsmeow). Two SQLite libraries in one process must not have the same
file open, so this is for processes other than that program's. Beside the library's tables stand a table and triggers of
ours, which keep what the last keys were before they changed: a message that was decrypted and then lost in a crash can
be decrypted again when the keys that it used are put back. All functions block.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import StoreError, explained
from nanoclaw.store.files import complaints
from nanoclaw.store.sql import load_queries, rows

_BUSY_MS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A message that was being decrypted when the client ended.

    ``users`` are its sender's ids without server and device, ``chat`` is a group's id.
    """

    since: int
    """Milliseconds since 1970: just before."""
    users: frozenset[str]
    chat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    kind: str
    account: str
    subject: str
    detail: str
    old: bytes | None


def is_device_linked(path: Path) -> bool:
    """Whether there is a session in it, only looked at: the client may have it open. False when there is no such file.

    Raises:
        StoreError: the file cannot be read.
    """
    if not path.exists() or not path.stat().st_size:
        return False
    queries = load_queries("whatsapp")
    with explained(path), closing(open_connection(path, read_only=True)) as connection:
        if not rows(connection, queries["has_table"], {"name": "whatsmeow_device"}):
            return False
        return bool(rows(connection, queries["devices"])[0][0])


def is_linked(path: Path) -> bool:
    """Whether there is a session in it; False when there is no such file. From now on, old keys are remembered.

    Raises:
        StoreError: the file is damaged.
    """
    if not path.exists() or not path.stat().st_size:
        return False
    with _opened(path) as connection:
        if found := complaints(connection, 1):
            raise StoreError(f"{path.name} is damaged: {found[0]}", hint="Restore it from a backup, or link anew.")
        queries = load_queries("whatsapp")
        if not connection.execute(queries["has_table"], {"name": "whatsmeow_pre_keys"}).fetchone():
            return False
        connection.execute(queries["remember"])
        return bool(rows(connection, queries["devices"])[0][0])


def take_back(path: Path, doubt: Doubt) -> bool:
    """Put the keys back that a message in doubt used; whether there were any.

    Nothing is put back of a session that changed twice: then something was encrypted for the same person meanwhile,
    and using a key twice would be worse than a message that cannot be read.

    Raises:
        StoreError: the file is damaged.
    """
    queries = load_queries("whatsapp")
    with _opened(path) as connection, connection:
        if not connection.execute(queries["has_table"], {"name": "nanoclaw_before"}).fetchone():
            return False
        users = set(doubt.users)
        for lid, phone in connection.execute(queries["other_names"]):
            if users & {lid, phone}:
                users |= {lid, phone}
        found = [_Change(kind=k, account=a, subject=s, detail=d, old=o)
                 for k, a, s, d, o in connection.execute(queries["changes_since"], {"since": doubt.since})]  # fmt: skip
        wanted = tuple(_to_put_back(found, users, doubt.chat))
        for change in wanted:
            _put_back(connection, change)
        connection.execute(queries["forget_changes"])
    return bool(wanted)


def _to_put_back(found: Iterable[_Change], users: set[str], chat: str) -> Iterator[_Change]:
    sessions: dict[str, list[_Change]] = {}
    sender_keys: dict[str, _Change] = {}
    pre_keys: list[_Change] = []
    for change in found:
        about = re.split("[_:.@]", change.subject, maxsplit=1)[0] in users
        if change.kind == "session" and about:
            sessions.setdefault(change.subject, []).append(change)
        elif change.kind == "sender-key" and about and change.detail == chat:
            sender_keys.setdefault(change.subject, change)
        elif change.kind == "pre-key":
            pre_keys.append(change)
    if any(len(changes) > 1 for changes in sessions.values()):
        return
    yield from (changes[0] for changes in sessions.values())
    yield from sender_keys.values()
    yield from pre_keys


def _put_back(connection: apsw.Connection, change: _Change) -> None:
    queries = load_queries("whatsapp")
    query = {
        ("session", True): "session_away",
        ("session", False): "session_back",
        ("sender-key", True): "sender_key_away",
        ("sender-key", False): "sender_key_back",
        ("pre-key", False): "pre_key_back",
    }[change.kind, change.old is None]
    values = {"account": change.account, "subject": change.subject, "detail": change.detail, "old": change.old}
    connection.execute(queries[query], values)


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    with explained(path):
        connection = apsw.Connection(str(path))
        try:
            connection.set_busy_timeout(_BUSY_MS)
            yield connection
        finally:
            connection.close()

"""Whether WhatsApp's client is linked, read from its own database. Nothing is written; the client may have it open."""

from contextlib import closing
from pathlib import Path

from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import explained
from nanoclaw.store.sql import load_queries, rows


def is_device_linked(path: Path) -> bool:
    """Whether there is a session in it; False when there is no such file, or nothing in it yet.

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

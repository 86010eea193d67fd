"""Everything that an installation logged, held against what must never stand in a log."""

from pathlib import Path

import apsw

from nanoclaw.operations.logs.redaction import find_secrets
from tests.integration.installation import KEY

_LONG_ENOUGH = 16
"""Characters of a message that no log says by chance."""


def private_things_logged(home: Path) -> list[str]:
    """What an installation's logs hold of keys, telephone numbers and texts that people or agents wrote."""
    logs = [path for path in (*(home / "logs").glob("*.log*"), home / "daemon.out") if path.is_file()]
    texts = _texts(home / "store" / "messages.db")
    found = []
    for path in logs:
        said = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.name}: the key"] if KEY in said else []
        found += [f"{path.name}: {kind}" for kind in find_secrets(said)]
        # A log has texts escaped as JSON, and perhaps only their beginning.
        found += [f"{path.name}: a message, {text[:20]!r}…" for text in texts if text[:60] in said]
    return found


def _texts(database: Path) -> set[str]:
    """Texts of messages and replies; none where the database cannot be read, as in tests that damage it."""
    if not database.exists():
        return set()
    try:
        connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
        rows = connection.execute(
            # What nanoclaw itself tells the owner goes to the log as well, and is nobody's.
            "SELECT text FROM messages UNION"
            " SELECT text FROM outbox WHERE client_id NOT LIKE 'owner-%' AND client_id NOT LIKE 'failed-%'"
        ).fetchall()
        connection.close()
    except apsw.Error:
        return set()
    lines = {line.strip() for (text,) in rows for line in str(text).splitlines()}
    return {line for line in lines if len(line) >= _LONG_ENOUGH and not line.startswith("I could not answer")}

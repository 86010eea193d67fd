"""Whose account it is, kept for the next start, whose first messages come before the library tells it."""

import contextlib
from pathlib import Path

from nanoclaw.channels.whatsapp.link import Person
from nanoclaw.settings.whole_files import replace_file

_FILE = "me.json"


def keep_account(folder: Path, me: Person) -> None:
    """Write it down where it is news and there is room: the library tells it again at every connection."""
    content = me.model_dump_json().encode()
    path = folder / _FILE
    with contextlib.suppress(OSError):
        if not path.exists() or path.read_bytes() != content:
            replace_file(path, content)


def kept_account(folder: Path) -> Person | None:
    """What was written down; None when there is nothing of use."""
    try:
        return Person.model_validate_json((folder / _FILE).read_bytes())
    except (OSError, ValueError):
        return None

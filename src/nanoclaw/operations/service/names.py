"""What a home's service is called: readable, and another for each home."""

import hashlib
import os
import re
from pathlib import Path

from nanoclaw.operations.service.contract import Account, Scope

_DEFAULT = ".nanoclaw"
_READABLE = 24


def unit_name(home: Path, account: Account, scope: Scope) -> str:
    """``nanoclaw`` for an account's own home folder, ``nanoclaw-FOLDER-HASH`` for any other.

    Among the machine's units, where accounts meet, the first is kept for the account ``nanoclaw``; others have theirs
    in the name.
    """
    if home != account.home / _DEFAULT:
        return f"nanoclaw-{_readable(home)}{_digest(home)}"
    if scope is Scope.USER or account.name == "nanoclaw":
        return "nanoclaw"
    return f"nanoclaw-{_slug(account.name) or account.uid}"


def label(home: Path, account: Account) -> str:
    """The same for launchd, as Apple wants labels."""
    return f"com.{unit_name(home, account, Scope.USER).replace('nanoclaw-', 'nanoclaw.', 1)}"


def _readable(home: Path) -> str:
    slug = _slug(home.name)
    return f"{slug}-" if slug else ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_READABLE].strip("-")


def _digest(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:8]

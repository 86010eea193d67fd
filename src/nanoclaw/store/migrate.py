"""Bring a database to this version's schema: numbered files, each applied once, in order, in one transaction each."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

import apsw

from nanoclaw.store.errors import NewerSchemaError, OlderSchemaError, explained

_APPLICATION_ID = 0x6E616E6F  # "nano", so that `file` and our own checks know the database


@cache
def migrations(of: str = "migrations") -> tuple[tuple[int, str], ...]:
    """All migrations of a folder beside this file: their numbers, from 1 without gaps, and their SQL."""
    folder = files("nanoclaw.store").joinpath(of)
    named = ((re.fullmatch(r"(\d{4})_[a-z_]+\.sql", entry.name), entry) for entry in folder.iterdir())
    return tuple(sorted((int(match[1]), entry.read_text(encoding="utf-8")) for match, entry in named if match))


def newest_schema(of: str = "migrations") -> int:
    """The schema of this version."""
    return migrations(of)[-1][0]


def tables_of(of: str, schema: int) -> frozenset[str]:
    """The tables that a database of that schema has; none was ever taken away."""
    made = (re.findall(r"^CREATE (?:VIRTUAL )?TABLE (\w+)", sql, re.MULTILINE) for _, sql in migrations(of)[:schema])
    return frozenset(name for names in made for name in names)


def migrate(connection: apsw.Connection, path: Path, of: str = "migrations") -> int:
    """Apply what is missing; the number of migrations applied.

    Raises:
        NewerSchemaError: a newer version of the program has been here.
        StoreError: the database cannot be changed.
    """
    with explained(path):
        version = int(connection.pragma("user_version"))
        refuse_newer(path, version, newest_schema(of))
        missing = [(number, sql) for number, sql in migrations(of) if number > version]
        for number, sql in missing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(sql)
                connection.execute(f"PRAGMA user_version = {number}")
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            except BaseException:
                # On a full disk SQLite has done so itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        return len(missing)


def refuse_newer(path: Path, version: int, newest: int) -> None:
    """A database of a newer version is not touched. Raises NewerSchemaError."""
    if version > newest:
        raise NewerSchemaError(
            f"{path} has schema {version}; this version of nanoclaw knows up to {newest}",
            hint="Use the newer nanoclaw again; or go back to the databases from before the upgrade with"
            " `nanoclaw upgrade --rollback`, or to a backup with `nanoclaw backup restore`.",
        )


def refuse_older(connection: apsw.Connection, path: Path, of: str) -> None:
    """A database of an older version is not changed where it stands. Raises OlderSchemaError."""
    with explained(path):
        version = int(connection.pragma("user_version"))
    newest = newest_schema(of)
    if 0 < version < newest:
        raise OlderSchemaError(
            f"{path} has schema {version}; this version of nanoclaw needs {newest}",
            hint="`nanoclaw upgrade` brings it there, and so does the next start of the assistant; the file from before"
            " is kept. `nanoclaw upgrade --check` tells more.",
        )

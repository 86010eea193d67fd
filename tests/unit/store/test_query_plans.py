"""Queries that run with messages and turns go by an index, so that a long history does not slow them down."""

import re
from pathlib import Path

import pytest

from nanoclaw.store.connection import open_connection
from nanoclaw.store.migrate import migrate
from nanoclaw.store.sql import load_queries

_BY_INDEX = [(file, name) for file in ("inbox", "changes", "outbox", "turns", "history") for name in load_queries(file)]
_SMALL = ("SCAN CONSTANT ROW", "SCAN (subquery", "SCAN q", "SCAN chats", "SCAN f VIRTUAL TABLE")
"""As many rows as there are groups, or as the limit allows; the full-text index says by itself how it is read."""
_BY_ROW = re.compile(r"SCAN (messages|outbox)_text VIRTUAL TABLE INDEX 0:=")
"""One row of the full-text index, by its number."""
_NEWEST_FIRST = {("history", "newest")}
"""From the end of the table, as many rows as are shown."""


class _Anything(dict[str, int]):
    def __missing__(self, key: str) -> int:
        return 1


@pytest.mark.parametrize(("file", "name"), _BY_INDEX)
def test_no_query_on_the_way_of_a_message_reads_a_whole_table(tmp_path: Path, file: str, name: str) -> None:
    connection = open_connection(tmp_path / "messages.db")
    migrate(connection, tmp_path / "messages.db")
    # Else the plan of an insert holds checks that happen only while a deferred constraint is broken.
    connection.execute("PRAGMA foreign_keys = OFF")
    plan = connection.execute(f"EXPLAIN QUERY PLAN {load_queries(file)[name]}", _Anything()).fetchall()
    connection.close()
    steps = [str(step[3]) for step in plan]
    whole = [step for step in steps if step.startswith("SCAN ") and " USING " not in step and not _BY_ROW.match(step)]
    assert (file, name) in _NEWEST_FIRST or [step for step in whole if not step.startswith(_SMALL)] == []

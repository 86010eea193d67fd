"""SQL stands in files under ``queries/``, each query under a line ``-- name: its_name``."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import apsw

from nanoclaw.store.rows import storable


@cache
def load_queries(file: str) -> Mapping[str, str]:
    """The queries of ``queries/<file>.sql`` by name."""
    text = files("nanoclaw.store").joinpath("queries", f"{file}.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: ([a-z_]+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def rows(connection: apsw.Connection, query: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run a query and fetch everything it returns; what the columns hold is the query's own business.

    Texts come from networks, agents and errors: each is made :func:`storable`, so that none can refuse a transaction.
    """
    held = {name: storable(value) if isinstance(value, str) else value for name, value in (values or {}).items()}
    return connection.execute(query, held).fetchall()

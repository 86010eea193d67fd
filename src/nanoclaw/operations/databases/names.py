"""Which databases there are."""

from dataclasses import dataclass
from pathlib import Path

from nanoclaw.settings.home import Home
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS

NAMES = ("messages", "tasks")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDatabase:
    """One of a home's databases. ``migrations`` names those that make its schema."""

    name: str
    path: Path
    migrations: str


def databases(home: Home) -> tuple[NamedDatabase, ...]:
    """Both, the messages first."""
    return (
        NamedDatabase(name="messages", path=home.database, migrations="migrations"),
        NamedDatabase(name="tasks", path=home.task_database, migrations=TASK_MIGRATIONS),
    )


def database(home: Home, name: str) -> NamedDatabase:
    """The one of this name, one of :data:`NAMES`."""
    return next(one for one in databases(home) if one.name == name)

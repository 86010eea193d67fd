"""What the daemon stands on: found or opened before anything is built."""

from dataclasses import dataclass, field

from nanoclaw.model.clock import Clock
from nanoclaw.operations.figures.counting import Counting
from nanoclaw.sandboxes.contract import Sandbox
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings, Upstream
from nanoclaw.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything stands on."""

    home: Home
    settings: Settings
    upstream: Upstream
    clock: Clock
    database: Database
    """Messages, turns, outbox, groups, people, questions, usage."""
    tasks: Database
    """Scheduled tasks and their runs."""
    sandbox: Sandbox
    installation: str
    counting: Counting = field(default_factory=Counting)
    """What the databases, too, tell how long things take."""

"""What each group's calls to the model used, as the gateway metered it."""

from dataclasses import dataclass

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One call. Token counts as the service reported them; ``status`` is HTTP's, 0 when there was none."""

    folder: GroupFolder
    model: str
    status: int
    started_at: Milliseconds
    finished_at: Milliseconds
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int


class UsageLedger:
    """Keeps every metered call."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = load_queries("groups")

    async def add(self, call: ModelCall) -> None:
        """Keep one call."""
        values = {name: getattr(call, name) for name in ModelCall.__slots__}
        await self._database.write(lambda connection: rows(connection, self._sql["add_model_call"], values))

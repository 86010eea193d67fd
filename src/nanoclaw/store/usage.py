"""What each group's calls to the model used, as the gateway metered it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

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
    cost_usd: float


class By(StrEnum):
    """By what usage is added up. ``task`` and ``turn`` count turns, the others calls."""

    DAY = "day"
    GROUP = "group"
    TASK = "task"
    MODEL = "model"
    TURN = "turn"
    """Each by itself, the newest 1,000."""


_QUERIES = {By.DAY: "by_quarter", By.GROUP: "by_group", By.TASK: "by_task", By.MODEL: "by_model", By.TURN: "by_turn"}


@dataclass(slots=True)
class UsageSum:
    """What was used under one ``key``: a date, a folder, a model's name, or the number of a task or a turn."""

    key: str
    figures: list[float] = field(default_factory=lambda: [0.0] * 6)
    """Calls, input, output, cache read and cache write tokens, US dollars."""
    about: str = ""
    """Of a turn: its group and its model."""

    def add(self, figures: Iterable[float]) -> None:
        """Add another part."""
        self.figures = [mine + other for mine, other in zip(self.figures, figures, strict=True)]


class UsageLedger:
    """Keeps every metered call, and adds them up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = load_queries("usage")

    async def add(self, call: ModelCall) -> None:
        """Keep one call."""
        values = {name: getattr(call, name) for name in ModelCall.__slots__}
        await self._database.write(lambda connection: rows(connection, self._sql["add"], values))

    async def spent(self, since: Milliseconds) -> dict[GroupFolder, float]:
        """US dollars of each group since a moment."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["spent"], {"since": since}))
        return {GroupFolder(folder): usd for folder, usd in found}

    async def sums(self, by: By, since: Milliseconds, zone: ZoneInfo) -> tuple[UsageSum, ...]:
        """Usage since a moment, added up; days are those of ``zone``.

        Days come in order, turns the newest first, the others the dearest first.
        """
        query = self._sql[_QUERIES[by]]
        found = await self._database.read(lambda connection: rows(connection, query, {"since": since}))
        if by is By.TURN:
            return tuple(UsageSum(str(turn), figures, about) for turn, *figures, about in found)
        sums: dict[str, UsageSum] = {}
        for first, *figures in found:
            key = _key(by, first, zone)
            sums.setdefault(key, UsageSum(key)).add(figures)
        if by is By.DAY:
            return tuple(sums.values())
        return tuple(sorted(sums.values(), key=lambda one: -one.figures[-1]))


def _key(by: By, first: Any, zone: ZoneInfo) -> str:
    if by is By.DAY:
        return datetime.fromtimestamp(int(first) / 1000, zone).date().isoformat()
    return str(first) or "unknown"

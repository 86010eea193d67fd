"""Budgets: what groups may spend in a day and a month, held before a call leaves.

A call reserves what it is likely to cost while it is under way, so that calls at the same time do not pass a limit
together; when it ends, what it did cost takes the reservation's place.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from nanoclaw.gateway.contract import BudgetCrossed, Listener
from nanoclaw.gateway.prices import Prices
from nanoclaw.model.clock import Clock
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.options import NO_OPTIONS, GroupOptions
from nanoclaw.settings.schema import BudgetSettings

DAY, MONTH = "day", "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted:
    """A budget that leaves no room for a call. ``scope`` is a group's folder, or None for all together."""

    scope: GroupFolder | None
    span: str
    limit_usd: float
    spent_usd: float

    @property
    def what(self) -> str:
        """What happened, for the chat."""
        whose = "all groups" if self.scope is None else f"the group {self.scope}"
        amount = f"{self.spent_usd:.2f} of {self.limit_usd:.2f} USD"
        # Calls under way may take the rest; what they will have cost nobody knows yet.
        rest = "" if self.spent_usd >= self.limit_usd else ", and calls under way may take the rest"
        return f"The budget of {whose} for this {self.span} is used up: {amount}{rest}"

    @property
    def hint(self) -> str:
        """What the owner can do."""
        if self.scope is None:
            return f"Raise {self.span}_usd under [budget] in config.toml and restart, or wait for the next {self.span}."
        return f"Raise it: nanoclaw groups set {self.scope} budget_{self.span}_usd=…, or wait for the next {self.span}."


@dataclass(slots=True)
class _Account:
    """What one scope has spent in the current day and month."""

    period: dict[str, str] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=lambda: {DAY: 0.0, MONTH: 0.0})
    told: dict[str, tuple[float, int]] = field(default_factory=dict)
    """The newest mark that the owner was told of, and of which limit: another limit has marks of its own."""
    reserved: float = 0.0


class Budgets:
    """The accounts of all groups, in memory; :meth:`load` puts in what the store knows of this day and month."""

    def __init__(self, settings: BudgetSettings, clock: Clock, zone: ZoneInfo, listener: Listener) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = zone
        self._listener = listener
        self._options: dict[GroupFolder, GroupOptions] = {}
        self._accounts: dict[GroupFolder | None, _Account] = {}

    def set_options(self, group: GroupFolder, options: GroupOptions) -> None:
        """Go by these options of a group from now on."""
        self._options[group] = options

    def load(self, spent: Callable[[str], dict[GroupFolder, float]]) -> None:
        """Begin with what each group has spent in this ``day`` and ``month``."""
        for span in (DAY, MONTH):
            for group, usd in spent(span).items():
                for scope in (group, None):
                    self._account(scope).spent[span] += usd

    def period_start(self, span: str) -> datetime:
        """When this day or month began, at midnight in the assistant's zone."""
        now = datetime.fromtimestamp(self._clock.now() / 1000, self._zone)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if span == DAY else midnight.replace(day=1)

    def find_exhausted(self, group: GroupFolder) -> Exhausted | None:
        """The budget that has no room for another call of this group."""
        for scope in (group, None):
            account = self._account(scope)
            for span in (DAY, MONTH):
                limit = self._limit(scope, span)
                used = account.spent[span] + account.reserved
                if limit is not None and used >= limit:
                    self._tell(scope, span, limit)
                    return Exhausted(scope=scope, span=span, limit_usd=limit, spent_usd=account.spent[span])
        return None

    @contextmanager
    def reserved(self, group: GroupFolder, usd: float) -> Iterator[None]:
        """Count a call that is under way at what it is likely to cost."""
        accounts = [self._account(group), self._account(None)]
        for account in accounts:
            account.reserved += usd
        try:
            yield
        finally:
            for account in accounts:
                account.reserved = max(0.0, account.reserved - usd)

    def spend(self, group: GroupFolder, usd: float) -> None:
        """A call has cost this much."""
        for scope in (group, None):
            account = self._account(scope)
            for span in (DAY, MONTH):
                account.spent[span] += usd
                limit = self._limit(scope, span)
                if limit:
                    self._tell(scope, span, limit)

    def _tell(self, scope: GroupFolder | None, span: str, limit: float) -> None:
        """Say once a period that a budget is nearly used up, and once that it is."""
        account = self._account(scope)
        percent = int(account.spent[span] / limit * 100) if limit else 100
        of_limit, told = account.told.get(span, (limit, 0))
        mark = next((mark for mark in (100, self._settings.warn_percent) if percent >= mark), 0)
        if mark <= (told if of_limit == limit else 0):
            return
        account.told[span] = (limit, mark)
        self._listener(
            BudgetCrossed(
                group=scope,
                span=span,
                began=account.period[span],
                percent=mark,
                spent_usd=account.spent[span],
                limit_usd=limit,
            )
        )

    def _limit(self, scope: GroupFolder | None, span: str) -> float | None:
        settings = self._settings if scope is None else None
        if settings is not None:
            return settings.day_usd if span == DAY else settings.month_usd
        options = self._options.get(scope, NO_OPTIONS) if scope is not None else NO_OPTIONS
        return options.budget_day_usd if span == DAY else options.budget_month_usd

    def _account(self, scope: GroupFolder | None) -> _Account:
        account = self._accounts.setdefault(scope, _Account())
        for span in (DAY, MONTH):
            began = self.period_start(span).date().isoformat()
            if account.period.get(span) != began:
                if span in account.period:
                    account.spent[span] = 0.0
                    account.told.pop(span, None)
                account.period[span] = began
        return account


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What calls cost, and what may be spent."""

    budgets: Budgets
    prices: Prices

    @classmethod
    def free(cls, clock: Clock, listener: Listener) -> "Spending":
        """Known prices, and no limit."""
        return cls(budgets=Budgets(BudgetSettings(), clock, ZoneInfo("UTC"), listener), prices=Prices({}))

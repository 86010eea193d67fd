"""Usage for people, and budgets as they stand at a start."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nanoclaw.control.usage_shapes import UsageQuery
from nanoclaw.daemon.answers.usage import UsageRecords, load_budgets
from nanoclaw.gateway.budget import DAY, MONTH, Budgets
from nanoclaw.gateway.contract import GatewayEvent
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.options import GroupOptions
from nanoclaw.settings.schema import BudgetSettings
from nanoclaw.store.groups import GroupChange
from nanoclaw.store.usage import By, UsageLedger
from tests.fakes.clocks import ShiftedClock
from tests.unit.store.conftest import Store, new_group, open_store
from tests.unit.store.test_usage import CALL, at

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "messages.db")
    await opened.groups.add(new_group("main", is_main=True))
    await opened.add_group("family")
    yield opened
    await opened.database.close()


async def test_lines_and_their_total_since_a_moment(store: Store) -> None:
    ledger = UsageLedger(store.database)
    await ledger.add(replace(CALL, started_at=at("2026-11-20T12:00+01:00")))
    await ledger.add(replace(CALL, started_at=at("2026-11-21T12:00+01:00"), cost_usd=0.1))
    await ledger.add(replace(CALL, started_at=at("2026-11-22T12:00+01:00"), cost_usd=0.2))
    records = UsageRecords(ledger, ZURICH)
    found = await records.sums(UsageQuery(by=By.DAY, since="2026-11-21T00:00:00+01:00"))
    assert [(line.key, line.calls, line.cost_usd) for line in found.lines] == [
        ("2026-11-21", 1, 0.1),
        ("2026-11-22", 1, 0.2),
    ]
    assert (found.total.calls, found.total.input_tokens, found.total.cost_usd) == (2, 20, 0.3)
    assert (await records.sums(UsageQuery(by=By.MODEL))).total.calls == 3


async def test_a_start_puts_in_what_groups_may_spend_and_have_spent_in_this_day_and_month(store: Store) -> None:
    clock, events = ShiftedClock(), list[GatewayEvent]()
    budgets = Budgets(BudgetSettings(day_usd=4), clock, ZURICH, events.append)
    ledger = UsageLedger(store.database)

    async def spent(folder: str, span: str, seconds: int, usd: float) -> None:
        began = budgets.period_start(span).astimezone(UTC).timestamp() + seconds
        call = replace(CALL, folder=GroupFolder(folder), started_at=Milliseconds(int(began * 1000)), cost_usd=usd)
        await ledger.add(call)

    await spent("main", DAY, 1, 3.0)
    await spent("main", MONTH, -1, 50.0)
    await store.groups.change(GroupFolder("family"), GroupChange(options=GroupOptions(budget_month_usd=2)))
    await load_budgets(budgets, ledger, store.groups)
    assert budgets.find_exhausted(GroupFolder("main")) is None, "the last month is over"
    budgets.spend(GroupFolder("main"), 1.0)
    everybody = budgets.find_exhausted(GroupFolder("family"))
    assert everybody is not None
    assert (everybody.scope, everybody.span, everybody.spent_usd) == (None, "day", 4.0)

    await spent("family", MONTH, 0, 2.0)
    later = Budgets(BudgetSettings(), clock, ZURICH, events.append)
    await load_budgets(later, ledger, store.groups)
    own = later.find_exhausted(GroupFolder("family"))
    assert own is not None
    assert (own.scope, own.span, own.spent_usd, own.limit_usd) == ("family", "month", 2.0, 2.0)

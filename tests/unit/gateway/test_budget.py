"""What may be spent."""

from zoneinfo import ZoneInfo

import pytest

from nanoclaw.gateway.budget import Budgets
from nanoclaw.gateway.contract import BudgetCrossed, GatewayEvent
from nanoclaw.gateway.metering import TokenCounts
from nanoclaw.gateway.prices import Prices
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.options import GroupOptions
from nanoclaw.settings.schema import BudgetSettings, PriceSettings
from tests.fakes.clocks import ShiftedClock

FAMILY, WORK = GroupFolder("family"), GroupFolder("work")


def crossed(events: list[GatewayEvent]) -> list[tuple[str | None, str, int]]:
    return [(event.group, event.span, event.percent) for event in events if isinstance(event, BudgetCrossed)]


def budgets(events: list[GatewayEvent], clock: ShiftedClock, **limits: float) -> Budgets:
    return Budgets(BudgetSettings.model_validate(limits), clock, ZoneInfo("Europe/Zurich"), events.append)


def test_without_limits_nothing_is_exhausted(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock())
    made.spend(FAMILY, 1_000_000)
    assert made.find_exhausted(FAMILY) is None
    assert events == []


def test_the_owner_is_told_once_at_each_mark_and_calls_stop_at_the_limit(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock(), day_usd=10)
    for _ in range(9):
        made.spend(FAMILY, 1)
    assert made.find_exhausted(WORK) is None
    assert crossed(events) == [(None, "day", 80)]
    made.spend(WORK, 1)
    made.spend(WORK, 1)
    assert crossed(events) == [(None, "day", 80), (None, "day", 100)]
    exhausted = made.find_exhausted(FAMILY)
    assert exhausted is not None
    assert "11.00 of 10.00 USD" in exhausted.what
    assert "[budget]" in exhausted.hint


def test_a_group_has_a_budget_of_its_own_and_raising_it_lets_calls_out_again(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock())
    made.set_options(FAMILY, GroupOptions(budget_month_usd=2))
    made.spend(FAMILY, 2)
    exhausted = made.find_exhausted(FAMILY)
    assert exhausted is not None
    assert "groups set family budget_month_usd=" in exhausted.hint
    assert made.find_exhausted(WORK) is None
    made.set_options(FAMILY, GroupOptions(budget_month_usd=3))
    assert made.find_exhausted(FAMILY) is None


def test_another_limit_has_marks_of_its_own(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock())
    made.set_options(FAMILY, GroupOptions(budget_day_usd=1))
    made.spend(FAMILY, 1)
    made.set_options(FAMILY, GroupOptions(budget_day_usd=2))
    made.spend(FAMILY, 0.5)
    assert crossed(events) == [("family", "day", 100)]
    made.spend(FAMILY, 0.2)
    made.spend(FAMILY, 0.2)
    made.spend(FAMILY, 0.2)
    assert crossed(events) == [("family", "day", 100), ("family", "day", 80), ("family", "day", 100)]


def test_a_limit_that_calls_under_way_have_taken_says_so(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock(), day_usd=1)
    with made.reserved(FAMILY, 1):
        exhausted = made.find_exhausted(WORK)
        assert exhausted is not None
        assert exhausted.what.endswith("0.00 of 1.00 USD, and calls under way may take the rest")
    assert events == []


def test_a_budget_of_nothing_allows_nothing(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock(), month_usd=0)
    assert made.find_exhausted(FAMILY) is not None


def test_calls_at_the_same_time_do_not_pass_a_limit_together(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock(), day_usd=1)
    with made.reserved(FAMILY, 0.6):
        assert made.find_exhausted(WORK) is None
        with made.reserved(WORK, 0.6):
            assert made.find_exhausted(FAMILY) is not None
        assert made.find_exhausted(FAMILY) is None


def test_a_new_day_has_a_new_budget_and_the_month_goes_on(events: list[GatewayEvent]) -> None:
    clock = ShiftedClock()
    made = budgets(events, clock, day_usd=1, month_usd=100)
    made.spend(FAMILY, 1)
    assert made.find_exhausted(FAMILY) is not None
    clock.ahead += 86_400
    assert made.find_exhausted(FAMILY) is None
    made.spend(FAMILY, 0.9)
    days = [event.began for event in events if isinstance(event, BudgetCrossed)]
    assert len(set(days)) == len(days) == 2


def test_what_was_spent_before_a_restart_counts(events: list[GatewayEvent]) -> None:
    made = budgets(events, ShiftedClock(), day_usd=5)
    made.load(lambda span: {FAMILY: 3.0, WORK: 2.5} if span == "day" else {})
    assert made.find_exhausted(WORK) is not None


@pytest.mark.parametrize(
    ("model", "usd"),
    [("claude-sonnet-4-5", 18), ("claude-haiku-4-5", 6), ("claude-opus-4-1-20250805", 90), ("unheard-of", 90)],
)
def test_a_million_tokens_each_way_cost_what_the_family_costs(model: str, usd: float) -> None:
    tokens = TokenCounts(input=1_000_000, output=1_000_000)
    assert Prices({}).cost(model, tokens) == usd


def test_the_owners_price_counts_before_ours() -> None:
    prices = Prices({"claude-sonnet": PriceSettings(input=1, output=2)})
    assert prices.cost("claude-sonnet-4-5", TokenCounts(input=1_000_000, output=1_000_000)) == 3

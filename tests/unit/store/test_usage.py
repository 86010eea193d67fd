"""What calls to the model used, added up."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import NO_USAGE, TurnState, Usage
from nanoclaw.store.turns import Finish
from nanoclaw.store.usage import By, ModelCall, UsageLedger
from tests.unit.store.conftest import Store

ZURICH = ZoneInfo("Europe/Zurich")
EVER = Milliseconds(0)
CALL = ModelCall(
    folder=GroupFolder("main"),
    model="claude-sonnet-4-5",
    status=200,
    started_at=Milliseconds(0),
    finished_at=Milliseconds(0),
    input_tokens=10,
    output_tokens=20,
    cache_read_tokens=30,
    cache_write_tokens=40,
    cost_usd=0.5,
)


def at(text: str) -> Milliseconds:
    return Milliseconds(int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000))


@pytest.fixture
async def ledger(store: Store) -> UsageLedger:
    """Three calls of main's and one of the family's, around a midnight in Zurich."""
    await store.add_group("family")
    made = UsageLedger(store.database)
    for when in ("2026-11-20T23:59:59+01:00", "2026-11-21T00:00:01+01:00", "2026-11-21T12:00:00+01:00"):
        await made.add(replace(CALL, started_at=at(when)))
    dear = replace(CALL, folder=GroupFolder("family"), model="claude-opus-4-8", started_at=at("2026-11-21T13:00+01:00"))
    await made.add(replace(dear, cost_usd=4.0))
    return made


async def lines(
    ledger: UsageLedger, by: By, since: Milliseconds = EVER, zone: ZoneInfo = ZURICH
) -> list[tuple[str, float, float]]:
    return [(one.key, one.figures[0], one.figures[-1]) for one in await ledger.sums(by, since, zone)]


async def test_days_are_those_of_the_zone_and_in_order(ledger: UsageLedger) -> None:
    assert await lines(ledger, By.DAY) == [("2026-11-20", 1, 0.5), ("2026-11-21", 3, 5.0)]
    assert await lines(ledger, By.DAY, zone=ZoneInfo("UTC")) == [("2026-11-20", 2, 1.0), ("2026-11-21", 2, 4.5)]


async def test_a_zone_off_the_hour_has_its_own_midnight(ledger: UsageLedger) -> None:
    await ledger.add(replace(CALL, started_at=at("2026-11-22T00:10:00+05:45")))
    assert (await lines(ledger, By.DAY, zone=ZoneInfo("Asia/Kathmandu")))[-1] == ("2026-11-22", 1, 0.5)


async def test_groups_and_models_come_the_dearest_first(ledger: UsageLedger) -> None:
    assert await lines(ledger, By.GROUP) == [("family", 1, 4.0), ("main", 3, 1.5)]
    assert await lines(ledger, By.MODEL) == [("claude-opus-4-8", 1, 4.0), ("claude-sonnet-4-5", 3, 1.5)]


async def test_every_figure_is_added_up(ledger: UsageLedger) -> None:
    (_, main) = await ledger.sums(By.GROUP, EVER, ZURICH)
    assert main.figures == [3, 30, 60, 90, 120, 1.5]


async def test_what_began_earlier_is_left_out(ledger: UsageLedger) -> None:
    assert await lines(ledger, By.GROUP, at("2026-11-21T12:30+01:00")) == [("family", 1, 4.0)]
    assert await ledger.spent(at("2026-11-21T00:00+01:00")) == {"main": 1.0, "family": 4.0}


async def test_a_group_that_was_removed_has_still_spent_what_it_spent(store: Store, ledger: UsageLedger) -> None:
    await store.groups.remove(GroupFolder("family"))
    assert ("family", 1, 4.0) in await lines(ledger, By.GROUP)
    assert (await ledger.spent(EVER))[GroupFolder("family")] == 4.0


async def test_a_call_of_a_model_without_a_name_counts_as_unknown(ledger: UsageLedger) -> None:
    await ledger.add(replace(CALL, model=""))
    assert ("unknown", 1, 0.5) in await lines(ledger, By.MODEL)


async def test_without_calls_there_is_nothing(store: Store) -> None:
    assert await UsageLedger(store.database).sums(By.TASK, EVER, ZURICH) == ()


async def test_each_turn_knows_its_own_and_the_newest_comes_first(store: Store, main: Group) -> None:
    for usage in (Usage(input_tokens=7, cost_usd=0.1, model="m-1"), NO_USAGE, Usage(output_tokens=9, model="m-2")):
        await store.receive("Hello")
        turn = await store.claim(main)
        await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("Hi.",), usage=usage))
    found = await UsageLedger(store.database).sums(By.TURN, EVER, ZURICH)
    assert [(one.key, one.about) for one in found] == [("3", "main, m-2"), ("1", "main, m-1")]
    assert found[1].figures == [1, 7, 0, 0, 0, 0.1]
